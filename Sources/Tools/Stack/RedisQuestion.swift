/// One command to a redis-server of the stack and its answer as text, an array's elements a line each.
///
/// For setting servers up and asking how they stand; a service's way to Redis is another.
enum RedisQuestion {
    /// - Throws: `StackFailure` when nobody answers in time, or with what the server refused it by.
    static func ask(port: Int, _ words: [String], within limit: Duration) throws(StackFailure) -> String {
        let socket = try LoopbackSocket(port: port, deadline: Deadline(after: limit))
        var command = "*\(words.count)\r\n"
        for word in words { command += "$\(word.utf8.count)\r\n\(word)\r\n" }
        try socket.write(Array(command.utf8))
        var bytes: [UInt8] = []
        while true {
            var reader = Reader(rest: bytes[...])
            if let lines = try reader.value() { return lines.joined(separator: "\n") }
            let more = try socket.read()
            guard !more.isEmpty else { throw StackFailure("redis at port \(port) hung up") }
            bytes += more
        }
    }

    private struct Reader {
        var rest: ArraySlice<UInt8>

        /// nil: more bytes are needed.
        mutating func value() throws(StackFailure) -> [String]? {
            guard let line = line() else { return nil }
            let text = String(line.dropFirst())
            switch line.first {
            case "-": throw StackFailure("redis refused: \(text)")
            case "$":
                guard let count = Int(text), count >= 0 else { return [] }
                guard rest.count >= count + 2 else { return nil }
                defer { rest = rest.dropFirst(count + 2) }
                return [String(decoding: rest.prefix(count), as: UTF8.self)]
            case "*":
                var lines: [String] = []
                for _ in 0..<max(0, Int(text) ?? 0) {
                    guard let element = try value() else { return nil }
                    lines += element
                }
                return lines
            default: return [text]
            }
        }

        private mutating func line() -> String? {
            guard let end = rest.firstIndex(of: UInt8(ascii: "\r")), end + 1 < rest.endIndex else {
                return nil
            }
            defer { rest = rest[(end + 2)...] }
            return String(decoding: rest[..<end], as: UTF8.self)
        }
    }
}
