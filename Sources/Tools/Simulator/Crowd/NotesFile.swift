import Glibc

/// Small files that others may read while they are written: whole or not at all.
enum NotesFile {
    static func write(_ bytes: [UInt8], to path: String, mode: mode_t = 0o644) throws(NotesFault) {
        let draft = "\(path).\(getpid())"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw NotesFault(path: draft, code: errno) }
        let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        close(descriptor)
        guard count == bytes.count, rename(draft, path) == 0 else {
            let code = errno
            unlink(draft)
            throw NotesFault(path: path, code: code)
        }
    }

    static func write(_ text: String, to path: String, mode: mode_t = 0o644) throws(NotesFault) {
        try write(Array(text.utf8), to: path, mode: mode)
    }
}

/// Notes that cannot be written.
struct NotesFault: Error, CustomStringConvertible {
    let path: String
    let code: Int32

    var description: String { "\(path): \(String(cString: strerror(code)))" }
}
