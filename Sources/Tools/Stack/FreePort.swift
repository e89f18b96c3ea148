import Glibc

/// Ports that nobody listens on, for servers that cannot choose their own.
package enum FreePort {
    /// A TCP port that was free on 127.0.0.1 a moment ago.
    ///
    /// Another process may take it before it is used: whoever starts a server on it must be ready to
    /// pick again. A server that can bind to port 0 itself should.
    package static func pick() throws(StackFailure) -> Int { try bound(to: 0) }

    /// The same, where the port that lies `offset` above must have been free as well; nil: no such port.
    package static func pick(withFree offset: Int?) throws(StackFailure) -> Int {
        guard let offset else { return try pick() }
        var attemptsLeft = 200
        while true {
            let port = try pick()
            attemptsLeft -= 1
            if port + offset <= 65_535, (try? bound(to: port + offset)) != nil { return port }
            guard attemptsLeft > 0 else {
                throw StackFailure("no free port with another one \(offset) above")
            }
        }
    }

    /// Binds to a port, 0 for any, and lets it go again.
    private static func bound(to port: Int) throws(StackFailure) -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw StackFailure("socket", errno: errno) }
        defer { close(descriptor) }
        var address = loopbackAddress(port: port)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                bind(descriptor, name, length) == 0 ? getsockname(descriptor, name, &length) : -1
            }
        }
        guard status == 0 else { throw StackFailure("bind to a free port", errno: errno) }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}

func loopbackAddress(port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return address
}
