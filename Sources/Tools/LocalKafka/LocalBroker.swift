import Kafka
import Logging
import ServiceShell

/// The one cluster of this process, and what the admin port does to it.
actor LocalBroker {
    /// What the admin port tells.
    struct Status {
        var bootstrap: String
        var isUp: Bool
    }

    private let topics: [TopicSpec]
    private let bootstrapFile: BootstrapFile
    private let ports: PortsFile
    private let logger: Logger
    private var cluster: LocalCluster?
    private var isUp = false

    init(topics: [TopicSpec], bootstrapFile: BootstrapFile, ports: PortsFile, logger: Logger) {
        self.topics = topics
        self.bootstrapFile = bootstrapFile
        self.ports = ports
        self.logger = logger
    }

    /// Starts a cluster with all topics, empty, on a new port, and says where it is.
    func start() throws {
        let fresh = try LocalCluster(logger: logger)
        for topic in topics { try fresh.createTopic(topic.name, partitions: topic.partitions) }
        cluster = fresh
        isUp = true
        try bootstrapFile.write(fresh.bootstrap)
        if let port = fresh.bootstrap.split(separator: ":").last.flatMap({ Int($0) }) {
            try ports.report("broker", port)
        }
        logger.notice(
            "the broker is up", metadata: ["bootstrap": "\(fresh.bootstrap)", "topics": "\(topics.count)"])
    }

    /// All records and committed offsets are gone; clients find the new port in the bootstrap file.
    func wipe() throws {
        logger.notice("the broker is wiped")
        cluster = nil
        try start()
    }

    /// Drops its connections and refuses new ones; the records stay.
    func setDown() throws {
        try cluster?.setDown()
        isUp = false
        logger.notice("the broker is down")
    }

    func setUp() throws {
        try cluster?.setUp()
        isUp = true
        logger.notice("the broker is up again")
    }

    func stop() {
        cluster = nil
        isUp = false
    }

    var status: Status { Status(bootstrap: cluster?.bootstrap ?? "", isUp: isUp) }
}
