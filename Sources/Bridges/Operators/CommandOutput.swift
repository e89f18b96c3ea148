import Glibc

/// Standard output and standard error of commands, whole texts at a time.
package enum CommandOutput {
    /// A text and a line break.
    package static func say(_ text: String) { put(STDOUT_FILENO, Array((text + "\n").utf8)[...]) }

    package static func warn(_ text: String) { put(STDERR_FILENO, Array((text + "\n").utf8)[...]) }

    /// Bytes for standard output, as they are.
    package static func put(_ bytes: [UInt8]) { put(STDOUT_FILENO, bytes[...]) }

    /// Clears the terminal and shows a page.
    package static func page(_ text: String) { say("\u{1B}[H\u{1B}[2J" + text) }

    private static func put(_ descriptor: Int32, _ bytes: ArraySlice<UInt8>) {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
