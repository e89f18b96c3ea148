import CampaignFiles
import Logging
import Telemetry
import Testing

@testable import ServiceShell
@testable import ServiceWiring

@Suite("Keys that are exchanged while the process runs")
struct KeySourceTests {
    private static func context(
        _ yaml: String, _ environment: [String: String] = [:]
    ) throws -> ServiceContext {
        try ServiceContext(
            name: "test", settings: Settings(yaml: "loops: 1\n" + yaml, environment: environment),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, registry: PrometheusRegistry())
    }

    /// The text, if it begins with `key`.
    private static let parse: KeySource<String>.Parse = { bytes, origin throws(FileFault) in
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.hasPrefix("key") else { throw FileFault(path: origin, reason: "is no key") }
        return text
    }

    private static func source(_ context: ServiceContext) throws(SettingsFault) -> KeySource<String>? {
        try KeySource(context, "coupons", form: .lines, allowed: "keys", parse: parse)
    }

    private static func fault(_ yaml: String, _ environment: [String: String] = [:]) throws -> SettingsFault?
    {
        let context = try context(yaml, environment)
        return #expect(throws: SettingsFault.self) {
            _ = try KeySource.required(context, "coupons", form: .lines, allowed: "keys", parse: parse)
        }
    }

    @Test("from the file, from the environment before it, or from nowhere")
    func origins() throws {
        let folder = KeyFolder()
        defer { folder.remove() }
        folder.write("key a")
        let inFile = "coupons: {keys_file: \(folder.path)}"
        #expect(try Self.source(Self.context(inFile))?.first == "key a")
        let both = try Self.context(inFile, ["HONGBAO_COUPONS_KEYS": "key 1;key 2"])
        #expect(try Self.source(both)?.first == "key 1\nkey 2")
        try both.settings.finishOf("coupons")
        #expect(try Self.source(Self.context("")) == nil)
    }

    @Test("what will not do names its setting and shows nothing of the keys")
    func faults() throws {
        #expect(try Self.fault("")?.description.contains("HONGBAO_COUPONS_KEYS") == true)
        let inline = try #require(try Self.fault("coupons: {keys: \"key SECRET\"}"))
        #expect(inline.key == "coupons.keys" && !inline.description.contains("SECRET"))
        let inEnvironment = try #require(try Self.fault("", ["HONGBAO_COUPONS_KEYS": "SECRET"]))
        #expect(inEnvironment.key == "coupons.keys" && !inEnvironment.description.contains("SECRET"))
        #expect(inEnvironment.origin == "HONGBAO_COUPONS_KEYS")
        #expect(try Self.fault("coupons: {keys_file: /nowhere}")?.key == "coupons.keys_file")
        let folder = KeyFolder()
        defer { folder.remove() }
        folder.write("SECRET")
        let bad = try #require(try Self.fault("coupons: {keys_file: \(folder.path)}"))
        #expect(bad.key == "coupons.keys_file" && !bad.description.contains("SECRET"))
    }

    @Test("promise 10: a changed file is taken without a restart; a bad one keeps the old and says why")
    func changes() async throws {
        let folder = KeyFolder()
        defer { folder.remove() }
        folder.write("key a")
        let context = try Self.context("coupons: {keys_file: \(folder.path)}")
        let source = try #require(try Self.source(context))
        // Between the reading and the watch's first look.
        folder.write("key b")
        let (taken, take) = AsyncStream<String>.makeStream()
        source.whenChanged { keys in take.yield(keys) }
        let running = context.addedParts.map { part in Task { try await part.run() } }
        defer { for task in running { task.cancel() } }
        var seen = taken.makeAsyncIterator()
        #expect(await seen.next() == "key b")
        folder.write("nonsense")
        // The next good one comes after the bad one was looked at, or instead of it: both keep what was.
        folder.write("key c, longer")
        #expect(await seen.next() == "key c, longer")
        #expect(context.readiness.checks.contains { $0.name == "coupons-keys" && $0.isReady })
    }
}

extension Settings {
    /// That a section has no key that nobody read.
    fileprivate func finishOf(_ section: String) throws {
        do { try finish() } catch { if error.key.hasPrefix(section) { throw error } }
    }
}
