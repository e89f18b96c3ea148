import CRdKafka

/// The librdkafka properties of one client, checked when the handle is made.
///
/// Names and meanings: https://github.com/confluentinc/librdkafka/blob/v2.0.2/CONFIGURATION.md
struct ClientConfiguration {
    private(set) var properties: [(name: String, value: String)]

    /// Properties that `KafkaClientOptions.extra` may not touch: the promises hang on them.
    private static let ours: Set<String> = [
        "bootstrap.servers", "metadata.broker.list", "group.id", "enable.idempotence", "acks",
        "request.required.acks", "enable.auto.commit", "enable.auto.offset.store", "auto.offset.reset",
        "partition.assignment.strategy", "enable.partition.eof",
    ]

    private init(_ options: KafkaClientOptions, _ specific: [(String, String)]) throws(KafkaFailure) {
        for name in options.extra.keys.sorted() where Self.ours.contains(name) {
            throw .configuration("\(name) is not to be set: the delivery promises depend on it")
        }
        properties =
            [
                ("bootstrap.servers", options.bootstrap),
                ("client.id", options.clientID),
                // With Nagle's algorithm a small request may wait for the peer's delayed ACK (40 ms).
                ("socket.nagle.disable", "true"),
                ("socket.keepalive.enable", "true"),
                // A broker that returns is found within a second, not within the default ten.
                ("reconnect.backoff.ms", "50"),
                ("reconnect.backoff.max.ms", "1000"),
                ("log.connection.close", "false"),
            ] + specific + options.extra.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    static func producer(_ options: KafkaClientOptions) throws(KafkaFailure) -> ClientConfiguration {
        try ClientConfiguration(
            options,
            [
                ("enable.idempotence", "true"),
                ("acks", "all"),
                ("compression.codec", "lz4"),
                ("linger.ms", String(options.lingerMs)),
                ("message.timeout.ms", String(options.messageTimeoutMs)),
                ("queue.buffering.max.messages", String(options.queueMaxMessages)),
                ("queue.buffering.max.kbytes", String(options.queueMaxKiB)),
            ])
    }

    /// A member of `group`.
    static func consumer(
        _ options: KafkaClientOptions, group: String
    ) throws(KafkaFailure) -> ClientConfiguration {
        try ClientConfiguration(
            options,
            fetching(options, aheadKiB: options.prefetchKiB) + [
                ("group.id", group),
                ("partition.assignment.strategy", "range,roundrobin"),
                ("session.timeout.ms", String(options.sessionTimeoutMs)),
                ("heartbeat.interval.ms", String(max(1, options.sessionTimeoutMs / 3))),
            ])
    }

    /// Reads partitions by offset and never joins; the group's name is used only to look up and set
    /// committed offsets.
    static func reader(
        _ options: KafkaClientOptions, group: String
    ) throws(KafkaFailure) -> ClientConfiguration {
        try ClientConfiguration(
            options,
            fetching(options, aheadKiB: options.readAheadKiB) + [
                ("group.id", group), ("enable.partition.eof", "true"),
                // The bytes are the bound.
                ("queued.min.messages", "1000000"),
            ])
    }

    /// Metadata and topic creation only.
    static func admin(_ options: KafkaClientOptions) throws(KafkaFailure) -> ClientConfiguration {
        try ClientConfiguration(options, [])
    }

    private static func fetching(
        _ options: KafkaClientOptions, aheadKiB: Int
    ) -> [(String, String)] {
        [
            ("enable.auto.commit", "false"),
            ("enable.auto.offset.store", "false"),
            ("auto.offset.reset", "earliest"),
            ("allow.auto.create.topics", "false"),
            ("queued.max.messages.kbytes", String(aheadKiB)),
            // One fetch may overshoot the bound above by its own size.
            ("fetch.message.max.bytes", String(min(aheadKiB, 1024) * 1024)),
            ("fetch.wait.max.ms", String(options.fetchWaitMs)),
        ]
    }

    /// A new `rd_kafka_conf_t`, to be handed to `rd_kafka_new` or destroyed by the caller.
    func makeConf() throws(KafkaFailure) -> OpaquePointer {
        let conf = rd_kafka_conf_new()!
        var text = [CChar](repeating: 0, count: 512)
        for (name, value) in properties {
            let result = rd_kafka_conf_set(conf, name, value, &text, text.count)
            if result != RD_KAFKA_CONF_OK {
                rd_kafka_conf_destroy(conf)
                throw .configuration(string(of: text))
            }
        }
        return conf
    }
}

/// The text in a C buffer, up to its NUL.
func string(of buffer: [CChar]) -> String {
    String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
