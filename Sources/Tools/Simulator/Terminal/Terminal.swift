import Glibc

/// Standard output as a person looks at it.
enum Terminal {
    /// How text is set: with colour where it goes to a terminal that wants it.
    enum Style: Sendable {
        case plain, coloured

        func paint(_ text: String, _ colour: Colour) -> String {
            self == .plain ? text : "\u{1b}[\(colour.rawValue)m\(text)\u{1b}[0m"
        }
    }

    enum Colour: String, Sendable {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
    }

    static let isTTY = isatty(STDOUT_FILENO) == 1

    /// Colour for terminals, unless NO_COLOR is set (no-color.org).
    static let style: Style = isTTY && getenv("NO_COLOR") == nil ? .coloured : .plain

    /// A line on standard output, at once, also into a pipe or a file; in place of a progress line, if one
    /// stands.
    static func say(_ text: String) {
        put("\(isTTY ? eraseLine : "")\(text)\n", to: STDOUT_FILENO)
    }

    static func error(_ text: String) {
        put("\(text)\n", to: STDERR_FILENO)
    }

    static let eraseLine = "\r\u{1b}[2K"

    static func put(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }
}

/// Tells how far a long step is: on a terminal one line that changes, elsewhere a line now and then.
struct ProgressLine {
    private static let pauseNs: UInt64 = 3_000_000_000
    private var lastNs: UInt64 = 0

    mutating func show(_ text: String) {
        if Terminal.isTTY {
            return Terminal.put("\(Terminal.eraseLine)  \(text)", to: STDOUT_FILENO)
        }
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let nowNs = UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
        guard nowNs - lastNs >= Self.pauseNs else { return }
        lastNs = nowNs
        Terminal.say("  \(text)")
    }
}
