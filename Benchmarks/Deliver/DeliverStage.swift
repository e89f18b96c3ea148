import Bench
import Credentials
import Foundation
import Glibc
import Stack
import Wire

/// What every measure stands on: the run directory, the two cores, secrets, and a voice.
final class DeliverStage {
    /// Of all that is drawn at random.
    static let seed: UInt64 = 0x4842_6465_6c69_7665
    static let adminKey = "an operator's key for the bench"

    let run: RunDirectory
    let options: DeliverOptions
    /// The side under test has this one to itself where a measure says so.
    let server: Core
    /// Redis, the broker, the sink and this process.
    let client: Core
    private let repository = FileManager.default.currentDirectoryPath
    private var children = 0

    /// - Throws: where a core is missing, or another bench runs.
    init(_ options: DeliverOptions) throws {
        let bench = options.bench
        guard Core.available > max(bench.serverCore, bench.clientCore) else {
            throw StackFailure("needs the cores \(bench.serverCore) and \(bench.clientCore)")
        }
        guard FileManager.default.fileExists(atPath: "\(repository)/Benchmarks/Peers/deliver") else {
            throw StackFailure("no Benchmarks here: run it in the repository's directory")
        }
        self.options = options
        server = Core(bench.serverCore)
        client = Core(bench.clientCore)
        run = try RunDirectory.claim(base: "\(repository)/.run", name: "bench-deliver")
        let line = APIKeyring.line(name: "bench", key: Self.adminKey.utf8) + "\n"
        try line.write(toFile: operators, atomically: true, encoding: .utf8)
        try client.bindSelf(in: run)
    }

    var operators: String { "\(run.path)/operators.keys" }
    var peers: String { "\(repository)/Benchmarks/Peers/deliver" }
    var isQuick: Bool { options.bench.quick }
    var pairs: Int { options.bench.pairs }

    /// A name that no other child has: its log is its own then.
    func childName(_ kind: String) -> String {
        children += 1
        return "\(kind)-\(children)"
    }

    /// Says what is going on; lines that begin with a space belong to the line above.
    func say(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }

    /// Unix seconds, of the clock that nginx logs by.
    static var now: Double { Date().timeIntervalSince1970 }

    /// Lets the run go on for so long.
    static func pass(seconds: Double) {
        usleep(UInt32(max(0, seconds) * 1e6))
    }
}

/// A share as a person reads it.
func percent(_ share: Double) -> String { "\(Figure.text(share * 100)) %" }
