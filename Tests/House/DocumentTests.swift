import Orders
import Testing

@Suite("Documents")
struct DocumentTests {
    private let house = Repository.here

    @Test("every relative link leads to a file, and to a heading that is there")
    func links() throws {
        for path in house.files(ext: "md") {
            let folder = path.split(separator: "/").dropLast().joined(separator: "/")
            for match in try house.text(path).matches(of: /\]\(([^)\s]+)\)/) {
                let target = match.1
                guard !target.contains("://"), !target.hasPrefix("mailto:") else { continue }
                let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
                let file = parts[0].isEmpty ? path : folder.isEmpty ? "\(parts[0])" : "\(folder)/\(parts[0])"
                #expect(house.exists(file), "\(path): \(target) is not there")
                if parts.count == 2, file.hasSuffix(".md"), house.exists(file) {
                    let headings = try anchors(of: file)
                    #expect(headings.contains(String(parts[1])), "\(path): no heading for \(target)")
                }
            }
        }
    }

    /// Headings as the forges turn them into anchors: lower case, no punctuation, dashes for blanks.
    private func anchors(of path: String) throws -> Set<String> {
        Set(
            try house.lines(path).filter { $0.hasPrefix("#") }.map { line in
                String(
                    line.drop { $0 == "#" || $0 == " " }.lowercased()
                        .filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" || $0 == "_" }
                        .map { $0 == " " ? "-" : $0 })
            })
    }

    @Test("the diagram of an order's life equals the enum's table")
    func stateDiagram() throws {
        var (drawn, ends, begins) = (Set<String>(), Set<String>(), Set<String>())
        for line in try diagram() {
            guard let match = line.wholeMatch(of: /\s*(\S+) --> (\S+?)(?: : (.+))?/) else { continue }
            let (from, to, events) = (String(match.1), String(match.2), match.3 ?? "")
            if from == "[*]" { begins.insert(to) }
            if to == "[*]" { ends.insert(from) }
            guard from != "[*]", to != "[*]" else { continue }
            for event in events.split(separator: ",") {
                let name = event.drop { $0 == " " }
                #expect(drawn.insert("\(from) \(name) \(to)").inserted, "drawn twice: \(line)")
            }
        }
        var table = Set<String>()
        for state in OrderState.allCases {
            for event in OrderEvent.allCases {
                guard let next = state.after(event) else { continue }
                table.insert("\(state.name) \(event) \(next.name)")
            }
        }
        #expect(drawn.subtracting(table).sorted() == [], "drawn and not in the table")
        #expect(table.subtracting(drawn).sorted() == [], "in the table and not drawn")
        #expect(begins == [OrderState.none.name])
        #expect(ends == Set(OrderState.allCases.filter(\.isClosed).map(\.name)))
    }

    private func diagram() throws -> [String] {
        let lines = try house.lines("docs/ARCHITECTURE.md")
        let start = try #require(lines.firstIndex { $0.hasPrefix("stateDiagram-v2") })
        return Array(lines[start...].prefix { !$0.hasPrefix("```") })
    }

    @Test("openapi.yaml describes every route that a service answers")
    func routes() throws {
        let described = Set(
            try house.lines("docs/openapi.yaml").compactMap { line in
                line.wholeMatch(of: /\s\s(\/[^:\s]*):/).map { String($0.1) }
            })
        for folder in ["Recommend", "Claim", "Deliverer", "Reconciler"] {
            for path in house.swiftFiles(under: "Sources/\(folder)") {
                for match in try house.text(path).matches(of: /"(\/(?:v1)\/[a-z0-9\/{}]+)"/) {
                    let route = String(match.1)
                    // A path that goes on with a name, as in "/v1/orders/".
                    let isThere =
                        described.contains(route)
                        || (route.hasSuffix("/") && described.contains { $0.hasPrefix(route + "{") })
                    #expect(isThere, "\(path): \(route) is not in docs/openapi.yaml")
                }
            }
        }
        for route in ["/livez", "/readyz", "/metrics"] { #expect(described.contains(route)) }
    }

    @Test("the README names every program and every command of the Makefile that it needs")
    func products() throws {
        let readme = try house.text("README.md")
        let names = try house.text("Package.swift").matches(of: /\.executable\(name: "([^"]+)"/)
        #expect(!names.isEmpty)
        for name in names { #expect(readme.contains("`\(name.1)`"), "README.md does not name \(name.1)") }
        for command in ["make demo", "make test", "make up", "make down", "make lint"] {
            #expect(readme.contains(command), "README.md does not name \(command)")
        }
    }

    @Test("settings that a service reads are in OPERATIONS.md")
    func settings() throws {
        let document = try house.text("docs/OPERATIONS.md")
        let getter =
            #/
            [.\s] (?: optionalString | string | strings | int | double | bool | choice | path | optionalPath
                | duration | milliseconds | ms | seconds )
            \( \s* (?: settings, \s* )? "([a-z_.]+)"
            /#
        var found: Set<String> = []
        for path in house.swiftFiles() where !path.hasPrefix("Sources/Tools/") {
            for match in try house.text(path).matches(of: getter) {
                let key = String(match.1)
                guard key.contains(".") || ["campaign", "loops", "ports_file"].contains(key) else { continue }
                #expect(document.contains("`\(key)`"), "\(path) reads \(key); docs/OPERATIONS.md is silent")
                found.insert(key)
            }
        }
        #expect(found.count > 40, "the getters are not found any more: \(found.sorted())")
    }

    @Test("metrics that a service shows are in OPERATIONS.md")
    func metrics() throws {
        let document = try house.text("docs/OPERATIONS.md")
        let label = /(?:label|counter|gauge)[:(]\s*"([a-z]+_[a-z_]+)"/
        var found: Set<String> = []
        for path in house.swiftFiles() where !path.hasPrefix("Sources/Tools/") {
            for match in try house.text(path).matches(of: label) {
                #expect(document.contains("`\(match.1)"), "\(path): \(match.1) is not in docs/OPERATIONS.md")
                found.insert(String(match.1))
            }
        }
        #expect(found.count > 30, "the metrics are not found any more: \(found.sorted())")
    }
}
