import CRdKafka

/// What librdkafka or the broker refused, wrapped once at this boundary.
///
/// `code` is librdkafka's `rd_kafka_resp_err_t`: negative codes are the client's own, positive ones the
/// broker's (https://kafka.apache.org/protocol#protocol_error_codes).
package struct KafkaFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// `rd_kafka_resp_err_t`.
    package let code: Int32
    /// What happened, in words; never empty.
    package let message: String
    /// The same call may succeed later without anything being changed.
    package let isRetriable: Bool
    /// The client handle is of no further use. `KafkaProducer` replaces its own.
    package let isFatal: Bool

    package init(code: Int32, message: String? = nil, isRetriable: Bool? = nil, isFatal: Bool? = nil) {
        let error = rd_kafka_resp_err_t(code)
        self.code = code
        self.message = message ?? String(cString: rd_kafka_err2str(error))
        self.isFatal = isFatal ?? (error == RD_KAFKA_RESP_ERR__FATAL)
        self.isRetriable = isRetriable ?? Self.retriable.contains(code)
    }

    /// The code's symbolic name, such as `_QUEUE_FULL`.
    package var name: String { String(cString: rd_kafka_err2name(rd_kafka_resp_err_t(code))) }

    package var description: String { "\(name): \(message)" }

    /// Codes after which the same call may be made again. librdkafka knows its own list only for requests
    /// that it retries itself; a message that has timed out or was purged is ours to produce again.
    private static let retriable: Set<Int32> = Set(
        [
            RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
            RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE,
            RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, RD_KAFKA_RESP_ERR__QUEUE_FULL,
            RD_KAFKA_RESP_ERR__WAIT_COORD, RD_KAFKA_RESP_ERR__IN_PROGRESS,
            RD_KAFKA_RESP_ERR__PURGE_QUEUE, RD_KAFKA_RESP_ERR__PURGE_INFLIGHT,
            RD_KAFKA_RESP_ERR__RESOLVE, RD_KAFKA_RESP_ERR__RETRY, RD_KAFKA_RESP_ERR__OUTDATED,
            RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST,
            RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
            RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE,
            RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION,
            RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
            RD_KAFKA_RESP_ERR_NOT_COORDINATOR, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
            RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS,
            RD_KAFKA_RESP_ERR_NOT_CONTROLLER, RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR,
            RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT, RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED,
        ].map(\.rawValue))
}

extension KafkaFailure {
    init(_ error: rd_kafka_resp_err_t, message: String? = nil) {
        self.init(code: error.rawValue, message: message)
    }

    /// Takes over and frees a `rd_kafka_error_t`; nil means that the call succeeded.
    init?(consuming error: OpaquePointer?) {
        guard let error else { return nil }
        defer { rd_kafka_error_destroy(error) }
        self.init(
            code: rd_kafka_error_code(error).rawValue,
            message: String(cString: rd_kafka_error_string(error)),
            isRetriable: rd_kafka_error_is_retriable(error) != 0 ? true : nil,
            isFatal: rd_kafka_error_is_fatal(error) != 0 ? true : nil)
    }

    /// A setting of ours that librdkafka does not take, or that is not the caller's to set.
    static func configuration(_ message: String) -> KafkaFailure {
        KafkaFailure(RD_KAFKA_RESP_ERR__INVALID_ARG, message: message)
    }

    static func timedOut(_ what: String) -> KafkaFailure {
        KafkaFailure(RD_KAFKA_RESP_ERR__TIMED_OUT, message: "\(what) timed out")
    }
}
