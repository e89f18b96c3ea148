import Foundation
import Testing

/// One case of the files in `Cases`: bytes, and what a server must make of them.
///
///     case its name
///     > POST / HTTP/1.1\r\n
///     > Content-Length: 3\r\n
///     > \r\n
///     > abc
///     = POST / abc
///     why what another server makes of it, and why we do not
///
/// Lines of `>` are put together without anything between them; `\r \n \t \0 \s` (a space) `\\ \xHH` stand
/// for bytes and `\{ab*3}` for `ababab`. Lines of `=` are the requests accepted, in order (method, target,
/// body), and then how it goes on: `400 chunkSize` (refused with that status, for that reason), `waits` (the
/// rest of a request is missing), `close` (the last request ends the connection); without one of these the
/// connection stands open and nothing is left over. `why` is needed where nginx does something else.
struct WireCase: Sendable, CustomTestStringConvertible {
    struct Accepted: Sendable, Equatable, CustomStringConvertible {
        var method: String
        var target: String
        var body: [UInt8]

        var description: String {
            "\(method) \(target) " + String(decoding: body.prefix(100), as: UTF8.self).debugDescription
        }
    }

    enum Ending: Sendable, Equatable {
        case open, waits, close
        case refused(status: Int, reason: String)
    }

    var file: String
    var name: String
    var bytes: [UInt8] = []
    var accepted: [Accepted] = []
    var ending = Ending.open
    var why: String?

    var testDescription: String { "\(file): \(name)" }

    /// All cases of all files.
    static let all: [WireCase] = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Cases")
        let names = try! FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        return names.filter { $0.hasSuffix(".cases") }.flatMap { name in
            parse(
                file: String(name.dropLast(6)),
                try! String(contentsOf: folder.appending(path: name), encoding: .utf8))
        }
    }()

    static func parse(file: String, _ text: String) -> [WireCase] {
        var cases: [WireCase] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            func rest(_ count: Int) -> Substring { line.dropFirst(count) }
            if line.hasPrefix("case ") {
                cases.append(WireCase(file: file, name: String(rest(5))))
            } else if line.isEmpty || line.hasPrefix("#") {
                continue
            } else {
                precondition(!cases.isEmpty, "\(file):\(index + 1): no case")
                let last = cases.count - 1
                if line.hasPrefix("> ") {
                    cases[last].bytes += unescaped(rest(2))
                } else if line.hasPrefix("= ") {
                    cases[last].expect(rest(2))
                } else if line.hasPrefix("why ") {
                    cases[last].why = String(rest(4))
                } else {
                    preconditionFailure("\(file):\(index + 1): \(line)")
                }
            }
        }
        return cases
    }

    private mutating func expect(_ text: Substring) {
        let words = text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        switch words[0] {
        case "waits": ending = .waits
        case "close": ending = .close
        default:
            if let status = Int(words[0]) {
                ending = .refused(status: status, reason: String(words[1]))
            } else {
                accepted.append(
                    Accepted(
                        method: String(words[0]),
                        target: String(decoding: Self.unescaped(words[1]), as: UTF8.self),
                        body: words.count > 2 ? Self.unescaped(words[2]) : []))
            }
        }
    }

    private static func unescaped(_ text: Substring) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "r"): bytes.append(13)
            case UInt8(ascii: "n"): bytes.append(10)
            case UInt8(ascii: "t"): bytes.append(9)
            case UInt8(ascii: "0"): bytes.append(0)
            case UInt8(ascii: "s"): bytes.append(32)
            case UInt8(ascii: "\\"): bytes.append(92)
            case UInt8(ascii: "x"):
                bytes.append(UInt8(Substring(rest.prefix(2)), radix: 16)!)
                rest = rest.dropFirst(2)
            case UInt8(ascii: "{"):
                let inner = rest.prefix { $0 != UInt8(ascii: "}") }
                rest = rest.dropFirst(inner.count + 1)
                let star = inner.lastIndex(of: UInt8(ascii: "*"))!
                let count = Int(Substring(inner[inner.index(after: star)...]))!
                let piece = unescaped(Substring(inner[..<star]))
                bytes += repeatElement(piece, count: count).joined()
            default: preconditionFailure("an escape that is none in \(text)")
            }
        }
        return bytes
    }
}
