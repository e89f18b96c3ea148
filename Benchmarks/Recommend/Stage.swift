import Bench
import Foundation
import Glibc
import Stack

/// What every measure stands on: the run directory, the two cores, names for children, and a voice.
final class Stage {
    /// Of all that is drawn at random.
    static let seed: UInt64 = 0x4842_2d62_656e_6368

    let run: RunDirectory
    let options: BenchOptions
    /// The side under test has this one to itself.
    let server: Core
    let client: Core
    let tickets: TicketDesk
    /// The moment that everything was made at, Unix seconds.
    let nowS: Int64
    private let repository = FileManager.default.currentDirectoryPath
    private var children = 0

    /// - Throws: where there are fewer than two cores, or this is not the repository's directory.
    init(_ options: BenchOptions) throws {
        guard Core.available > max(options.serverCore, options.clientCore) else {
            throw StackFailure("needs cores \(options.serverCore) and \(options.clientCore)")
        }
        guard FileManager.default.fileExists(atPath: "\(repository)/StaticData/campaigns") else {
            throw StackFailure("no StaticData here: run it in the repository's directory")
        }
        self.options = options
        server = Core(options.serverCore)
        client = Core(options.clientCore)
        run = try RunDirectory.claim(base: "\(repository)/.run", name: "bench-recommend")
        nowS = Int64(time(nil))
        tickets = try TicketDesk(directory: run.path, nowS: nowS)
        // Whatever is started without a core of its own now shares the client's with this process.
        try client.bindSelf(in: run)
    }

    var staticData: String { "\(repository)/StaticData" }
    var peers: String { "\(repository)/Benchmarks/Peers/recommend" }

    /// A name that no other child has: its log is its own then.
    func childName(_ kind: String) -> String {
        children += 1
        return "\(kind)-\(children)"
    }

    /// Says what is going on; lines that begin with a space belong to the line above.
    func say(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }
}
