/// A Swift file with the contents of its strings and comments blanked, line breaks kept, so that braces can
/// be counted. Not a parser: good enough for code that a formatter has been over.
struct SwiftText {
    struct Function: Equatable {
        let name: String
        /// From 1.
        let line: Int
        let lines: Int
    }

    let code: [String]

    init(_ text: String) {
        var blanker = Blanker(Array(text))
        blanker.run()
        code = String(blanker.out).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// The modules that the file imports.
    var imports: [String] {
        code.compactMap { line in
            let words = line.split(separator: " ").map(String.init)
            guard let at = words.firstIndex(of: "import"), at + 1 < words.count,
                words[..<at].allSatisfy({ $0.hasPrefix("@") || $0 == "package" || $0 == "public" })
            else { return nil }
            return words[at + 1]
        }
    }

    /// Functions and initialisers with a body, each with its length from the first line to the closing brace.
    var functions: [Function] {
        code.indices.compactMap { start in
            guard let name = Self.name(code[start]), let end = closing(from: start) else { return nil }
            return Function(name: name, line: start + 1, lines: end - start + 1)
        }
    }

    private static func name(_ line: String) -> String? {
        let words = line.split(whereSeparator: { $0 == " " || $0 == "(" || $0 == "<" }).map(String.init)
        if let at = words.firstIndex(of: "func"), at + 1 < words.count { return words[at + 1] }
        let declares = words.first.map { $0 == "init" || $0 == "init?" || $0 == "deinit" } ?? false
        let isModified = ["package", "private", "fileprivate", "convenience"].contains(words.first ?? "")
        if declares || (isModified && words.dropFirst().first == "init") { return "init" }
        return nil
    }

    /// The line of the brace that closes the first one opened from here; nil for a declaration without a
    /// body.
    private func closing(from start: Int) -> Int? {
        var (braces, parentheses, opened) = (0, 0, false)
        for line in start..<code.count {
            // The next declaration begins before a body did: a requirement of a protocol.
            if !opened, line > start, Self.name(code[line]) != nil { return nil }
            for character in code[line] {
                switch character {
                case "(", "[": parentheses += 1
                case ")", "]": parentheses -= 1
                case "{":
                    braces += 1
                    opened = opened || parentheses == 0
                case "}":
                    braces -= 1
                    if braces == 0, opened { return line }
                    if braces < 0 { return nil }
                default: break
                }
            }
        }
        return nil
    }
}

/// Replaces what stands in strings and comments by blanks.
private struct Blanker {
    private let text: [Character]
    private var at = 0
    var out: [Character] = []

    init(_ text: [Character]) {
        self.text = text
        out.reserveCapacity(text.count)
    }

    mutating func run() { code(untilParenthesis: false) }

    private func starts(_ word: String) -> Bool {
        var i = at
        for character in word {
            guard i < text.count, text[i] == character else { return false }
            i += 1
        }
        return true
    }

    private mutating func blank(_ count: Int = 1) {
        for _ in 0..<count where at < text.count {
            out.append(text[at] == "\n" ? "\n" : " ")
            at += 1
        }
    }

    /// Copies code up to the end, or up to the parenthesis that closes an interpolation.
    private mutating func code(untilParenthesis: Bool) {
        var depth = 0
        while at < text.count {
            if starts("//") {
                while at < text.count, text[at] != "\n" { blank() }
            } else if starts("/*") {
                while at < text.count, !starts("*/") { blank() }
                blank(2)
            } else if text[at] == "\"" || (text[at] == "#" && opensRaw) {
                string()
            } else {
                if text[at] == "(" { depth += 1 }
                if text[at] == ")" {
                    depth -= 1
                    if untilParenthesis, depth == 0 { return blank() }
                }
                if untilParenthesis {
                    blank()
                } else {
                    out.append(text[at])
                    at += 1
                }
            }
        }
    }

    private var opensRaw: Bool {
        var i = at
        while i < text.count, text[i] == "#" { i += 1 }
        return i < text.count && text[i] == "\""
    }

    private mutating func string() {
        var marks = ""
        while text[at] == "#" {
            marks += "#"
            blank()
        }
        let quotes = starts("\"\"\"") ? "\"\"\"" : "\""
        blank(quotes.count)
        while at < text.count {
            if starts(quotes + marks) { return blank(quotes.count + marks.count) }
            if starts("\\" + marks + "(") {
                blank(1 + marks.count)
                code(untilParenthesis: true)
            } else if marks.isEmpty, text[at] == "\\" {
                blank(2)
            } else {
                blank()
            }
        }
    }
}
