import Kafka
import Logging
import NIOCore
import NIOPosix

/// What the tests of this module share: a cluster in this process, options in haste, loops.
enum Fixture {
    static let logger: Logger = {
        var logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        logger.logLevel = .critical
        return logger
    }()

    static func loop() -> any EventLoop {
        MultiThreadedEventLoopGroup.singleton.next()
    }

    /// A broker that can be taken down: a process of its own. In this one any child that is just being
    /// started holds the port for a moment, and the in-memory cluster ends its process where it cannot have
    /// it back.
    static func process(_ topics: [String: Int]) throws -> BrokerProcess { try BrokerProcess(topics) }

    static func cluster(_ topics: [String: Int]) throws -> LocalCluster {
        let cluster = try LocalCluster(logger: logger)
        for (name, partitions) in topics { try cluster.createTopic(name, partitions: partitions) }
        return cluster
    }

    /// The session is short since a rebalance in the in-memory cluster takes a session timeout less a second;
    /// not shorter, since it counts while the cluster holds a first join back for 3 s.
    static func options(_ cluster: any Broker) -> KafkaClientOptions {
        var options = KafkaClientOptions(bootstrap: cluster.bootstrap)
        options.sessionTimeoutMs = 4500
        options.fetchWaitMs = 20
        options.commitIntervalMs = 10
        return options
    }

    static func reader(_ cluster: any Broker) throws -> KafkaReader {
        try KafkaReader(options: options(cluster), logger: logger)
    }

    /// Appends records `0..<count` to one partition, their number as value, and waits for the reports.
    static func fill(
        _ cluster: any Broker, _ topic: String, partition: Int32, count: Int,
        value: (Int) -> [UInt8] = { Array(String($0).utf8) }
    ) async throws {
        let sender = try Sender(cluster)
        for index in 0..<count {
            try sender.producer.produce(
                topic: topic, partition: partition, key: [], value: value(index), reporter: 0,
                token: UInt64(index))
        }
        for report in try await sender.reports(count) {
            if let failure = report.failure { throw failure }
        }
        await sender.producer.close(deadlineMs: 5000)
    }
}

/// A producer with one reporter.
struct Sender {
    let producer: KafkaProducer
    let probe = Probe<[DeliveryReport]>()
    /// Kept alive for as long as the client.
    private let cluster: any Broker

    init(_ cluster: any Broker, _ options: KafkaClientOptions? = nil) throws {
        self.cluster = cluster
        let probe = probe
        producer = try KafkaProducer(
            options: options ?? Fixture.options(cluster),
            reporters: [(Fixture.loop(), { @Sendable in probe.send($0) })],
            logger: Fixture.logger)
    }

    func send(_ token: UInt64, to topic: String) throws(KafkaFailure) {
        try producer.produce(topic: topic, key: [1], value: [2], reporter: 0, token: token)
    }

    /// Waits until `count` reports have come.
    func reports(_ count: Int) async throws -> [DeliveryReport] {
        var reports: [DeliveryReport] = []
        while reports.count < count { reports += try await probe.next() }
        return reports
    }
}

/// A consumer of "orders" whose events can be waited for, and whose credits and commits hop to its loop.
final class Member: Sendable {
    let loop: any EventLoop
    let events = Probe<KafkaConsumerEvent>()
    let consumer: KafkaConsumer
    /// Kept alive for as long as the client.
    private let cluster: any Broker

    init(_ cluster: any Broker, group: String, on loop: any EventLoop = Fixture.loop()) throws {
        self.cluster = cluster
        self.loop = loop
        consumer = try KafkaConsumer(
            options: Fixture.options(cluster), group: group, topics: ["orders"], loop: loop,
            handler: { [events] in events.send($0) }, logger: Fixture.logger)
    }

    func grant(_ partition: TopicPartition, _ count: Int) async throws {
        try await loop.submit { self.consumer.grant(partition, count: count) }.get()
    }

    func commit(_ partition: TopicPartition, _ offset: Int64) async throws {
        try await loop.submit { self.consumer.commit(partition, offset: offset) }.get()
    }

    /// The next assignment, in order.
    func assignment() async throws -> [TopicPartition] {
        try await events.next { event -> [TopicPartition]? in
            guard case .assigned(let partitions) = event else { return nil }
            return partitions.sorted { $0.partition < $1.partition }
        }
    }

    /// The next `count` records, of whatever partition.
    func records(_ count: Int) async throws -> [(TopicPartition, KafkaRecord)] {
        var all: [(TopicPartition, KafkaRecord)] = []
        while all.count < count {
            all += try await events.next { event -> [(TopicPartition, KafkaRecord)]? in
                guard case .records(let partition, let records) = event else { return nil }
                return records.map { (partition, $0) }
            }
        }
        return all
    }
}

extension TopicPartition {
    /// Partition `partition` of the topic "orders".
    static func orders(_ partition: Int32) -> TopicPartition {
        TopicPartition(topic: "orders", partition: partition)
    }
}
