import Glibc
import Wire

/// The file of accepted orders, one JSON object a line, written as they come. One owner.
final class AcceptanceNotes {
    private static let flushBytes = 64 << 10

    let path: String
    private let descriptor: Int32
    private var pending: [UInt8] = []

    init(path: String) throws(NotesFault) {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw NotesFault(path: path, code: errno) }
    }

    deinit {
        flush()
        close(descriptor)
    }

    func add(_ acceptance: Acceptance) {
        var json = JSONWriter(reserving: 160)
        acceptance.write(into: &json)
        pending += json.bytes
        pending.append(UInt8(ascii: "\n"))
        if pending.count >= Self.flushBytes { flush() }
    }

    func flush() {
        var written = 0
        while written < pending.count {
            let count = pending.withUnsafeBytes { bytes in
                write(descriptor, bytes.baseAddress! + written, bytes.count - written)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { break }
            written += count
        }
        pending.removeAll(keepingCapacity: true)
    }
}
