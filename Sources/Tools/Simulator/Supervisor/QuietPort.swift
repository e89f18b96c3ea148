import Glibc
import Stack

/// Fixed ports for services that keep theirs over restarts.
enum QuietPort {
    /// Below what Linux hands out to outgoing connections (32768 and up, ip(7)): while a service is down, no
    /// connection can take its port, nor be connected to itself.
    private static let range: ClosedRange<UInt16> = 15_000...31_999

    /// A port that nobody listened on at 127.0.0.1 a moment ago.
    static func pick() throws(StackFailure) -> Int {
        for _ in 0..<200 {
            let port = UInt16.random(in: range)
            if isFree(port) { return Int(port) }
        }
        throw StackFailure("no free port in \(range)")
    }

    private static func isFree(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                bind(descriptor, name, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
