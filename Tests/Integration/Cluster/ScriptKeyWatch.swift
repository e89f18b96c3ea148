import Foundation
import Stack

/// Watches servers by MONITOR, to tell which scripts touch keys that they were not given as KEYS.
///
/// A cluster lets such a script run as long as the key happens to be of the same slot, so nothing else
/// would tell. It knows commands whose first argument is their only key, which is all that scripts here use;
/// any other is reported.
struct ScriptKeyWatch {
    private let monitors: [ChildProcess]

    /// Watches from now on.
    init(_ servers: [RedisServer], in run: RunDirectory) throws {
        let cli = try ServiceProgram.locateInPath("redis-cli")
        monitors = try servers.enumerated().map { index, server in
            let monitor = try ChildProcess(
                name: "monitor-\(index)", executable: cli, arguments: ["-p", "\(server.port)", "monitor"],
                in: run)
            try Readiness(of: monitor, within: .seconds(20)).wait(for: "MONITOR to begin") {
                monitor.logTail().contains("OK")
            }
            return monitor
        }
    }

    struct Findings {
        /// What scripts did beside their KEYS, each once.
        var undeclared: Set<String> = []
        var scriptCalls = 0
        var commands = 0
    }

    /// Ends the watch. `marker`: a word of the last command, which every monitor has seen then.
    func findings(after marker: String) throws -> Findings {
        var findings = Findings()
        for monitor in monitors {
            var lines: [Substring] = []
            try Readiness(of: monitor, within: .seconds(20)).wait(for: "MONITOR to see the last command") {
                let bytes = FileManager.default.contents(atPath: monitor.logPath) ?? Data()
                let text = String(decoding: bytes, as: UTF8.self)
                guard text.contains(marker) else { return false }
                lines = text.split(separator: "\n")
                return true
            }
            monitor.kill()
            var keys: Set<Substring> = []
            for line in lines { Self.read(line, &keys, &findings) }
        }
        return findings
    }

    private static func read(_ line: Substring, _ keys: inout Set<Substring>, _ findings: inout Findings) {
        // 1700000000.000001 [0 127.0.0.1:4711] "evalsha" "…", and of a script [0 lua] "get" "…"
        guard let close = line.range(of: "] ") else { return }
        let words = words(line[close.upperBound...])
        guard let name = words.first?.lowercased() else { return }
        if line[..<close.upperBound].hasSuffix(" lua] ") {
            findings.commands += 1
            guard !["time", "info"].contains(name) else { return }
            guard Self.oneKey.contains(name), words.count > 1, keys.contains(words[1]) else {
                findings.undeclared.insert("\(name) \(words.dropFirst().first ?? "")")
                return
            }
        } else if name == "evalsha" || name == "eval", words.count > 2, let count = Int(words[2]) {
            findings.scriptCalls += 1
            keys = Set(words.dropFirst(3).prefix(count))
        }
    }

    private static let oneKey: Set<String> = [
        "get", "set", "exists", "hget", "hmget", "hset", "hdel", "hgetall", "hincrby", "hlen", "hscan",
        "hexists", "hkeys", "bitfield", "bitfield_ro", "getrange", "setrange", "strlen", "lpop", "rpop",
        "lpush",
        "rpush", "llen", "lrange", "incrby", "expire", "hsetnx", "append", "lindex", "ltrim", "del", "hvals",
    ]

    /// The quoted words of a line; a quote within a word stands as `\"`.
    private static func words(_ text: Substring) -> [Substring] {
        var words: [Substring] = []
        var start: Substring.UTF8View.Index?
        var isEscaped = false
        for index in text.utf8.indices {
            let byte = text.utf8[index]
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                if let from = start {
                    words.append(text[from..<index])
                    start = nil
                } else {
                    start = text.utf8.index(after: index)
                }
            }
        }
        return words
    }
}
