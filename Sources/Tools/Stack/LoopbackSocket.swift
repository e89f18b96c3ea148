import CLinux
import Glibc

/// A blocking TCP connection to 127.0.0.1, for asking a server of the stack whether it is there.
///
/// Each wait ends at the deadline given to `init`. Owner: one thread at a time.
struct LoopbackSocket: ~Copyable {
    private let descriptor: Int32
    private let deadline: Deadline

    /// - Throws: `StackFailure` when nobody listens.
    init(port: Int, deadline: Deadline) throws(StackFailure) {
        guard (1...65_535).contains(port) else { throw StackFailure("\(port) is no port") }
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw StackFailure("socket", errno: errno) }
        var address = loopbackAddress(port: port)
        // On loopback a connect never waits for the other side: the kernel answers by itself, and only a
        // listener whose queue is full makes it retry; SO_SNDTIMEO bounds that.
        var limit = timeval(tv_sec: Int(deadline.remainingMs) / 1000 + 1, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                connect(descriptor, name, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else {
            let code = errno
            close(descriptor)
            throw StackFailure("connect to 127.0.0.1:\(port)", errno: code)
        }
        self.descriptor = descriptor
        self.deadline = deadline
    }

    deinit {
        close(descriptor)
    }

    func write(_ bytes: [UInt8]) throws(StackFailure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw StackFailure("send", errno: errno) }
            rest = rest.dropFirst(count)
        }
    }

    /// Up to 64 KiB of what has come; empty: the other side has closed.
    func read() throws(StackFailure) -> [UInt8] {
        guard hb_wait_readable(descriptor, deadline.remainingMs) != 0 else {
            throw StackFailure("no answer in time")
        }
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
            let got = recv(descriptor, buffer.baseAddress, buffer.count, 0)
            failure = got < 0 ? errno : 0
            count = max(0, got)
        }
        guard failure == 0 else { throw StackFailure("receive", errno: failure) }
        return bytes
    }
}
