import Foundation
import Glibc
import Synchronization
import Wire

/// The local Kafka broker as a child process: `local-kafka serve`, its state in the run directory.
///
/// Its topics are in memory: a restart has a new port and nothing in it. Clients follow its bootstrap
/// file. Calls that change its state block; any thread may make them, one at a time.
package final class LocalKafkaServer: Sendable {
    /// What the broker makes its topics from.
    package enum Topics: Sendable {
        /// A directory of StaticData's campaigns.
        case campaign(directory: String)
        case list([(name: String, partitions: Int)])
    }

    /// Where one life of the broker can be reached.
    package struct Ports: Sendable, Equatable {
        /// `host:port` for clients.
        /// `host:port` of its current life.
        package var bootstrap: String
        /// The port of its admin actions on 127.0.0.1.
        package var admin: Int
    }

    private struct Life {
        var process: ChildProcess
        var ports: Ports
    }

    /// Holds `bootstrap` and `ports.json`, replaced at each start.
    package let stateDirectory: String
    private let name: String
    private let program: String
    private let topics: Topics
    private let extraArguments: [String]
    private let run: RunDirectory
    private let life: Mutex<Life>

    /// - Parameters:
    ///   - name: of its log, pid file and state directory in `run`.
    ///   - program: nil: `local-kafka` as `ServiceProgram` finds it.
    package init(
        in run: RunDirectory, topics: Topics, name: String = "kafka", extraArguments: [String] = [],
        program: String? = nil
    ) throws(StackFailure) {
        self.run = run
        self.name = name
        self.topics = topics
        self.extraArguments = extraArguments
        if let program {
            self.program = program
        } else {
            self.program = try ServiceProgram.locate("local-kafka")
        }
        stateDirectory = try run.directory("\(name)-state")
        let first = try Self.launch(
            self.program, name: name, topics: topics, state: stateDirectory, extra: extraArguments, in: run)
        life = Mutex(first)
    }

    /// The process of its current life.
    package var process: ChildProcess { life.withLock { $0.process } }
    package var ports: Ports { life.withLock { $0.ports } }
    package var bootstrap: String { ports.bootstrap }
    package var adminPort: Int { ports.admin }
    /// The file that clients follow to the broker's current port.
    package var bootstrapPath: String { "\(stateDirectory)/bootstrap" }

    /// SIGKILL: the topics are gone.
    package func kill9() { process.kill() }

    /// SIGTERM, and SIGKILL after ten seconds.
    package func stop() { process.terminate(grace: .seconds(10)) }

    /// It stands still; its sockets stay open.
    package func pause() { process.pause() }

    package func resume() { process.resume() }

    /// Kills it if it still runs and starts it again: empty, on other ports.
    package func restart() throws(StackFailure) {
        kill9()
        let next = try Self.launch(
            program, name: name, topics: topics, state: stateDirectory, extra: extraArguments, in: run)
        life.withLock { $0 = next }
    }

    private static func launch(
        _ program: String, name: String, topics: Topics, state: String, extra: [String],
        in run: RunDirectory
    ) throws(StackFailure) -> Life {
        // What an earlier life left would be taken for this one's.
        unlink("\(state)/bootstrap")
        unlink("\(state)/ports.json")
        var arguments = ["serve", "--state", state]
        switch topics {
        case .campaign(let directory): arguments += ["--campaign", directory]
        case .list(let topics):
            for topic in topics { arguments += ["--topic", "\(topic.name):\(topic.partitions)"] }
        }
        let process = try ChildProcess(
            name: name, executable: program, arguments: arguments + extra, in: run)
        let ready = Readiness(of: process, within: .seconds(20))
        let portsFile = try ready.file("\(state)/ports.json")
        let bootstrap = String(decoding: try ready.file("\(state)/bootstrap"), as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let ports = Ports(bootstrap: bootstrap, admin: try adminPort(of: portsFile))
        return Life(process: process, ports: ports)
    }

    private static func adminPort(of portsFile: [UInt8]) throws(StackFailure) -> Int {
        guard case .object(let members) = try? JSON.parse(portsFile, limits: .request),
            case .integer(let port) = members["admin"]
        else { throw StackFailure("ports.json holds no admin port") }
        return Int(port)
    }
}
