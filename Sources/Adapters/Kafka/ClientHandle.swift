import CRdKafka
import Logging

/// Owns one `rd_kafka_t` and frees it.
///
/// Every function of librdkafka that we call on a handle may be called from any thread (the library locks
/// for itself); that, and the pointer never changing, is why this is Sendable. `deinit` joins the library's
/// threads: let the last reference go on a thread that may block.
final class ClientHandle: @unchecked Sendable {
    enum Kind {
        case producer, consumer
    }

    let pointer: OpaquePointer
    /// Retained for as long as the library may call `logCallback`, that is until `rd_kafka_destroy` returns.
    private let log: LogTarget
    /// Destroying a consumer leaves its group first, which may block for long; the consumer's thread closes
    /// in its own bounded way and then only destroys.
    private let flags: Int32

    /// `events`: the RD_KAFKA_EVENT_* types to be had from `rd_kafka_queue_poll`.
    init(
        _ kind: Kind, _ configuration: ClientConfiguration, events: Int32 = 0, logger: Logger
    ) throws(KafkaFailure) {
        let conf = try configuration.makeConf()
        let log = LogTarget(logger: logger)
        rd_kafka_conf_set_opaque(conf, Unmanaged.passUnretained(log).toOpaque())
        rd_kafka_conf_set_log_cb(conf, logCallback)
        rd_kafka_conf_set_events(conf, events)
        var text = [CChar](repeating: 0, count: 512)
        let type = kind == .producer ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER
        guard let pointer = rd_kafka_new(type, conf, &text, text.count) else {
            let error = rd_kafka_last_error()
            rd_kafka_conf_destroy(conf)
            throw KafkaFailure(error, message: string(of: text))
        }
        self.pointer = pointer
        self.log = log
        self.flags = kind == .consumer ? RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE : 0
        if kind == .consumer {
            // Errors and reports then come out of the consumer queue as well: one queue to serve.
            rd_kafka_poll_set_consumer(pointer)
        }
    }

    deinit {
        rd_kafka_destroy_flags(pointer, flags)
    }

    /// Why the handle has gone fatal, or nil.
    var fatalFailure: KafkaFailure? {
        guard rd_kafka_fatal_error(pointer, nil, 0) != RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
        var text = [CChar](repeating: 0, count: 512)
        let error = rd_kafka_fatal_error(pointer, &text, text.count)
        return KafkaFailure(code: error.rawValue, message: string(of: text), isFatal: true)
    }
}

/// Where a handle's log lines go.
private final class LogTarget: Sendable {
    let logger: Logger

    init(logger: Logger) {
        self.logger = logger
    }
}

/// Called by librdkafka on any of its threads with a line to log; copies it to the handle's logger, which is
/// safe on any thread, and calls nothing of librdkafka. Levels are syslog's.
private func logCallback(
    handle: OpaquePointer?, level: CInt, facility: UnsafePointer<CChar>?, text: UnsafePointer<CChar>?
) {
    guard let handle, let text, let opaque = rd_kafka_opaque(handle) else { return }
    let target = Unmanaged<LogTarget>.fromOpaque(opaque).takeUnretainedValue()
    let mapped: Logger.Level =
        switch level {
        case ...2: .critical
        // A broker that is away is an error to librdkafka and an event to us: it retries by itself.
        case 3, 4: .warning
        case 5, 6: .debug
        default: .trace
        }
    target.logger.log(
        level: mapped, "\(String(cString: text))",
        metadata: ["facility": "\(facility.map { String(cString: $0) } ?? "-")"])
}
