import Testing

@Suite("Layers")
struct LayerTests {
    private static let core: Set<String> = [
        "Wire", "Catalog", "Profiles", "Orders", "OrderSets", "Pacing", "Credentials",
    ]
    private static let services: Set<String> = ["Recommend", "Claim", "Deliverer", "Reconciler"]
    /// No I/O: the C library for mathematics and memory, libcrypto for hashes and signatures.
    private static let pure: Set<String> = ["Glibc", "CCrypto", "Synchronization"]

    private let house = Repository.here

    private func imports(under folder: String) throws -> [(path: String, modules: Set<String>)] {
        try house.swiftFiles(under: folder).map { ($0, Set(SwiftText(try house.text($0)).imports)) }
    }

    /// The modules of a layer, by their folders.
    private func modules(of layer: String) -> Set<String> {
        Set(house.swiftFiles(under: "Sources/\(layer)").map { String($0.split(separator: "/")[2]) })
    }

    @Test("Core imports Core and nothing that could do I/O or read a clock")
    func core() throws {
        #expect(modules(of: "Core") == Self.core)
        for (path, modules) in try imports(under: "Sources/Core") {
            let foreign = modules.subtracting(Self.core).subtracting(Self.pure)
            #expect(foreign.isEmpty, "\(path) imports \(foreign.sorted())")
        }
    }

    @Test("adapters know nothing of gifts: of Core they import Wire alone")
    func adapters() throws {
        let others = Self.core.subtracting(["Wire"]).union(modules(of: "Bridges")).union(modules(of: "Tools"))
        for (path, modules) in try imports(under: "Sources/Adapters") {
            let foreign = modules.intersection(others)
            #expect(foreign.isEmpty, "\(path) imports \(foreign.sorted())")
        }
    }

    @Test("nobody imports a service; bridges import no tool")
    func services() throws {
        for (path, modules) in try imports(under: "Sources") {
            let foreign = modules.intersection(Self.services)
            #expect(foreign.isEmpty, "\(path) imports \(foreign.sorted())")
        }
        for (path, modules) in try imports(under: "Sources/Bridges") {
            #expect(modules.isDisjoint(with: self.modules(of: "Tools")), "\(path)")
        }
    }

    @Test("every third-party package has its reason written down")
    func reasons() throws {
        let lines = try house.lines("Package.swift")
        let packages = lines.filter { $0.contains(".package(url:") }.compactMap { line in
            line.split(separator: "\"").dropFirst().first?.split(separator: "/").last
                .map { $0.hasSuffix(".git") ? String($0.dropLast(4)) : String($0) }
        }
        #expect(!packages.isEmpty)
        for package in packages {
            let uses = lines.indices.filter { lines[$0].contains("package: \"\(package)\"") }
            let isExplained = uses.contains { use in
                // Products of one package share the comment over the first of them.
                let above = lines[..<use].reversed().drop { $0.hasPrefix("let ") }
                return above.first?.hasPrefix("///") ?? false
            }
            #expect(isExplained, "\(package): no comment says why it is here")
        }
    }
}
