import Testing

@Suite("Files")
struct FileRuleTests {
    private let house = Repository.here

    @Test("no source file is longer than 400 lines")
    func fileLengths() throws {
        for path in house.swiftFiles() {
            let count = try house.lines(path).count
            #expect(count <= 401, "\(path): \(count) lines")
        }
    }

    @Test("no line is wider than 110 columns")
    func lineWidths() throws {
        for path in house.swiftFiles() {
            for (index, line) in try house.lines(path).enumerated() where line.count > 110 {
                // An address cannot be wrapped.
                let isAddress = line.split(separator: " ").contains { $0.contains("://") && $0.count > 60 }
                #expect(isAddress, "\(path):\(index + 1): \(line.count) columns")
            }
        }
    }

    @Test("no function is longer than 70 lines")
    func functionLengths() throws {
        for path in house.swiftFiles() {
            for function in SwiftText(try house.text(path)).functions where function.lines > 70 {
                Issue.record("\(path):\(function.line): \(function.name) has \(function.lines) lines")
            }
        }
    }

    @Test("no file is named for nothing in particular", arguments: ["Utils", "Common", "Helpers", "Manager"])
    func names(word: String) {
        for path in house.swiftFiles() + house.swiftFiles(under: "Tests") {
            #expect(path.split(separator: "/").last?.contains(word) == false, "\(path)")
        }
    }

    @Test("what the compiler is told to believe is proved in a comment right there")
    func proofs() throws {
        for path in house.swiftFiles() + house.swiftFiles(under: "Tests") {
            let (lines, code) = (try house.lines(path), SwiftText(try house.text(path)).code)
            for index in code.indices
            where code[index].contains("@unchecked Sendable") || code[index].contains("nonisolated(unsafe)") {
                let near = lines[max(0, index - 8)...index]
                #expect(near.contains { $0.contains("//") }, "\(path):\(index + 1): no comment above")
            }
        }
    }

    @Test("no path of a machine stands in a file")
    func machinePaths() throws {
        // Put together here, so that this file does not hold them.
        let roots = ["work", "root", "home"].map { "/\($0)/" }
        let kinds = ["swift", "md", "yaml", "json", "h", "modulemap", "html", "js", "css", "svg"]
        for path in house.files()
        where kinds.contains(where: { path.hasSuffix(".\($0)") }) || path == "Makefile" || path == ".ci/run" {
            let text = try house.text(path)
            for root in roots { #expect(!text.contains(root), "\(path) holds \(root)") }
        }
    }

    @Test("what is built or run is not tracked", arguments: ["Package.resolved", ".build", ".run"])
    func ignored(name: String) throws {
        let patterns = try house.lines(".gitignore").map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
        let isIgnored = patterns.contains { pattern in
            pattern == name || (pattern.hasSuffix("*") && name.hasPrefix(pattern.dropLast()))
        }
        #expect(isIgnored)
    }
}
