import Kafka
import Stack

/// Where the tests' clients connect.
protocol Broker: AnyObject, Sendable {
    var bootstrap: String { get }
}

extension LocalCluster: Broker {}

/// `local-kafka` as a process; ends with its last user.
final class BrokerProcess: Broker {
    private let run: RunDirectory
    private let server: LocalKafkaServer

    init(_ topics: [String: Int]) throws {
        run = try RunDirectory.claimUnique(prefix: "kafka-test")
        server = try LocalKafkaServer(in: run, topics: .list(topics.map { ($0.key, $0.value) }))
    }

    deinit {
        server.stop()
        run.release()
    }

    var bootstrap: String { server.bootstrap }

    /// Drops all connections and refuses new ones; the records stay, and so does the port.
    func setDown() throws { try act("down") }
    func setUp() throws { try act("up") }

    private func act(_ what: String) throws {
        let answer = try LoopbackHTTP.post(port: server.ports.admin, "/v1/admin/broker/\(what)", body: [])
        guard answer.status == 200 else { throw StackFailure("broker \(what): \(answer.text)") }
    }
}
