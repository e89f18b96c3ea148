import CRdKafka
import Glibc
import Logging
import Synchronization

/// librdkafka's in-memory Kafka cluster, on a loopback port of its own choosing.
///
/// For demos and tests; speaks enough of the protocol for producers, consumers and groups. What it lacks
/// against Apache Kafka, in 2.0.2: no CreateTopics; any metadata request for an unknown topic creates it
/// with 4 partitions; at most 5 MiB or 100,000 batches a partition, the oldest then go silently; no look-up
/// of offsets by time; no duplicate check for a producer without transactions; a fetch that finds nothing
/// waits out its time though data comes; a group once joined takes commits from members only, and from
/// nobody while it waits for members to join; a first join takes 3 s, each later one a session timeout less
/// a second; a member whose session (shorter than those 3 s) runs out while it joins is never answered. It
/// has its own thread; all methods may be called from any thread and block until that thread has done the
/// work. Clients do not keep it alive.
package final class LocalCluster: @unchecked Sendable {
    // Sendable: both pointers are constant, and the rd_kafka_mock functions used here pass a message to the
    // cluster's thread.
    private let host: ClientHandle
    private let cluster: OpaquePointer
    /// The ports of brokers that are down; nil while they are up.
    private let reservations = Mutex<[Reservation]?>(nil)
    /// `host:port` of its brokers, comma-separated; stays the same for the cluster's life.
    package let bootstrap: String

    package init(brokers: Int32 = 1, logger: Logger) throws(KafkaFailure) {
        // The cluster needs some handle for its logs and timers; this one connects nowhere.
        host = try ClientHandle(.producer, .admin(KafkaClientOptions(bootstrap: "")), logger: logger)
        guard let cluster = rd_kafka_mock_cluster_new(host.pointer, brokers) else {
            throw .configuration("librdkafka cannot start its in-memory cluster")
        }
        self.cluster = cluster
        bootstrap = String(cString: rd_kafka_mock_cluster_bootstraps(cluster))
    }

    deinit {
        rd_kafka_mock_cluster_destroy(cluster)
    }

    /// Throws if the topic exists.
    package func createTopic(_ name: String, partitions: Int) throws(KafkaFailure) {
        try command("topic \(name)") { rd_kafka_mock_topic_create(cluster, name, Int32(partitions), 1) }
    }

    /// Drops all connections and refuses new ones; the data stays, and so does the port.
    package func setDown() throws(KafkaFailure) {
        try command("broker down") { rd_kafka_mock_broker_set_down(cluster, -1) }
        reservations.withLock { if $0 == nil { $0 = Self.reserve(bootstrap) } }
    }

    /// Throws where somebody has taken the port in the moment between going down and its reservation, and
    /// keeps it: try again later.
    package func setUp() throws(KafkaFailure) {
        try awaitPort()
        try command("broker up") { rd_kafka_mock_broker_set_up(cluster, -1) }
        reservations.withLock { $0 = nil }
    }

    /// A bound socket that does not listen: nobody is given its port meanwhile. The cluster ends the process
    /// where it cannot have its port back, and any connection of the machine's may be given a free one.
    private final class Reservation: Sendable {
        private let descriptor: Int32

        init?(port: UInt16) {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            guard descriptor >= 0 else { return nil }
            var on: Int32 = 1
            setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            let status = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            guard status == 0 else {
                close(descriptor)
                return nil
            }
            self.descriptor = descriptor
        }

        deinit {
            close(descriptor)
        }
    }

    /// How often, and after what pause in µs each, a port that is missing is asked for again.
    private static let portLooks = 500
    private static let portPauseUs: UInt32 = 10_000

    /// Goes on when every broker's port is reserved. A connection that has it gives it back when it ends.
    private func awaitPort() throws(KafkaFailure) {
        let brokers = bootstrap.split(separator: ",").count
        for _ in 0..<Self.portLooks {
            let isHeld = reservations.withLock { held in
                guard let some = held else { return true }
                if some.count < brokers {
                    held = []
                    held = Self.reserve(bootstrap)
                }
                return held?.count == brokers
            }
            if isHeld { return }
            usleep(Self.portPauseUs)
        }
        throw KafkaFailure(
            RD_KAFKA_RESP_ERR__FAIL, message: "broker up: another socket has the port of \(bootstrap)")
    }

    private static func reserve(_ bootstrap: String) -> [Reservation] {
        bootstrap.split(separator: ",").compactMap { broker in
            broker.split(separator: ":").last.flatMap { UInt16($0) }.flatMap { Reservation(port: $0) }
        }
    }

    /// The next requests of the API key (https://kafka.apache.org/protocol#protocol_api_keys) fail with
    /// these codes, in order; -195 drops the connection.
    package func failNext(apiKey: Int16, codes: [Int32]) {
        let errors = codes.map { rd_kafka_resp_err_t($0) }
        rd_kafka_mock_push_request_errors_array(cluster, apiKey, errors.count, errors)
    }

    /// The cluster's thread serves commands first and then throws away what woke it, the bell of a command
    /// that came in between included; such a command waits for the next second. A command that follows
    /// another at once would mostly do so: hence the pause.
    private func command(
        _ what: String, _ body: () -> rd_kafka_resp_err_t
    ) throws(KafkaFailure) {
        usleep(500)
        let error = body()
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw KafkaFailure(error, message: "\(what): \(String(cString: rd_kafka_err2str(error)))")
        }
    }
}
