import CRdKafka

/// A record as it stands in a partition, copied out of librdkafka.
package struct KafkaRecord: Sendable, Equatable {
    package let offset: Int64
    /// Unix milliseconds, as the producer (or a topic set to log-append time) stamped it; -1: none.
    package let timestampMs: Int64
    /// Empty when the record has no key.
    package let key: [UInt8]
    /// Empty when the record has no value.
    package let value: [UInt8]

    package init(offset: Int64, timestampMs: Int64, key: [UInt8], value: [UInt8]) {
        self.offset = offset
        self.timestampMs = timestampMs
        self.key = key
        self.value = value
    }

    init(_ message: UnsafePointer<rd_kafka_message_t>) {
        offset = message.pointee.offset
        timestampMs = rd_kafka_message_timestamp(message, nil)
        key = Self.bytes(message.pointee.key, message.pointee.key_len)
        value = Self.bytes(message.pointee.payload, message.pointee.len)
    }

    private static func bytes(_ start: UnsafeMutableRawPointer?, _ count: Int) -> [UInt8] {
        [UInt8](UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count))
    }
}
