import CampaignFiles
import Glibc
import Logging
import Orders
import ServiceShell
import Synchronization
import Testing

@testable import Reconciler

/// Where games put what `serve` is to read of theirs.
@Suite struct StatementInboxTests {
    private static let one = OrderID(lane: 1, shard: 2, sequence: 3)

    private static func inbox(
        _ yaml: String, file: String = "settings.yaml", environment: [String: String] = [:]
    ) throws -> StatementInbox {
        try StatementInbox(
            try Settings(yaml: yaml, file: file, environment: environment), ReconcilerFixture.catalog)
    }

    @Test func pathsAreTakenFromTheFilesFolder() throws {
        let yaml = """
            reconciler:
              statements:
                - dragon=theirs/*.csv:csv=order id
                - lantern=/abs/x.jsonl:jsonl=id
            """
        let inbox = try Self.inbox(yaml, file: "conf/r.yaml")
        #expect(inbox.entries.map(\.game) == [0, 1])
        #expect(inbox.entries.map(\.option.path) == ["conf/theirs/*.csv", "/abs/x.jsonl"])
        #expect(inbox.entries.map(\.option.format) == [.csv(column: "order id"), .jsonl(field: "id")])
        let other = try Self.inbox(
            yaml, file: "conf/r.yaml", environment: ["HONGBAO_RECONCILER_STATEMENTS": "lantern=a, dragon=b"])
        #expect(other.entries.map(\.game) == [1, 0] && other.entries.map(\.option.path) == ["a", "b"])
        #expect(try Self.inbox("a: 1").entries.isEmpty)
    }

    @Test(arguments: ["dragon", "=a", "nobody=a", "dragon="]) func entriesThatCannotBeMeant(entry: String) {
        #expect(throws: SettingsFault.self) {
            try Self.inbox("reconciler: {statements: [\"dragon=a\", \"\(entry)\"]}")
        }
    }

    /// Each run sees what is there then; what is not there is no statement, what is broken is told.
    @Test func readAnewEachTime() throws {
        let folder = try FileDiffFolder()
        let inbox = try Self.inbox(
            """
            reconciler:
              statements: ["dragon=theirs/d*", "lantern=lamp.csv:csv=order"]
            """, file: "\(folder.path)/settings.yaml")
        let log = LogLines()
        let logger = Logger(label: "test") { _ in log }
        var found = inbox.read(logger)
        #expect(found.statements.isEmpty && found.unread.isEmpty)
        #expect(log.take().map { $0.contains("no such file") } == [true, true])

        try OutputFile.makeDirectory("\(folder.path)/theirs")
        try folder.write("theirs/d1", "\(Self.one.text)\nx\n")
        found = inbox.read(logger)
        #expect(found.statements.map(\.game) == [0])
        #expect(found.statements.first?.statement.lines == 1)
        let lines = log.take()
        #expect(lines.count == 2 && lines[0].contains("theirs/d1:2: no order ID"), "\(lines)")

        let packed = FileDiffFolder.gzip(Array("\(Self.one.text)\n".utf8))
        try folder.write("theirs/d2", packed)
        try folder.write("lamp.csv", "id\n\(Self.one.text)\n")
        found = inbox.read(logger)
        #expect(found.statements.first?.statement.lines == 2)
        #expect(found.unread.count == 1 && found.unread[0].hasPrefix("lantern: \(folder.path)/lamp.csv"))

        // One part that is cut off: half a statement is none.
        try folder.write("theirs/d2", Array(packed.dropLast()))
        unlink("\(folder.path)/lamp.csv")
        found = inbox.read(logger)
        #expect(found.statements.isEmpty && found.unread.map { $0.hasPrefix("dragon: ") } == [true])
    }
}

/// What is logged, as lines.
private final class LogLines: LogHandler, Sendable {
    private let lines = Mutex<[String]>([])

    func take() -> [String] {
        lines.withLock { lines in
            defer { lines = [] }
            return lines
        }
    }

    func log(event: LogEvent) {
        lines.withLock { $0.append("\(event.message)") }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .info }
        set {}
    }
}
