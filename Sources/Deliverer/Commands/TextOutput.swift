import Glibc

/// Standard output and standard error, whole texts at a time.
enum TextOutput {
    static func say(_ text: String) { put(STDOUT_FILENO, text + "\n") }

    static func warn(_ text: String) { put(STDERR_FILENO, text + "\n") }

    /// Clears the terminal and shows a page.
    static func page(_ text: String) { put(STDOUT_FILENO, "\u{1B}[H\u{1B}[2J" + text + "\n") }

    private static func put(_ descriptor: Int32, _ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
