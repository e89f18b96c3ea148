import CRdKafka

/// The ranges that a reading has not come to the end of. Partitions are looked up by librdkafka's own handle
/// of their topic, which stays the same while a client lives.
struct OpenRanges {
    let ranges: [(partition: TopicPartition, offsets: Range<Int64>)]
    /// Ranges that are open.
    private(set) var left: Int
    private var isOpen: [Bool]
    /// By topic, then by partition: the index of the range, or -1.
    private var byName: [String: [Int]] = [:]
    private var byHandle: [OpaquePointer: [Int]] = [:]
    private var turn = 0
    private var last: (handle: OpaquePointer, indices: [Int])?

    init(_ ranges: [(partition: TopicPartition, offsets: Range<Int64>)]) {
        self.ranges = ranges
        isOpen = ranges.map { !$0.offsets.isEmpty }
        left = isOpen.count { $0 }
        for (index, range) in ranges.enumerated() {
            var indices = byName[range.partition.topic] ?? []
            let number = Int(range.partition.partition)
            if indices.count <= number {
                indices += Array(repeating: -1, count: number + 1 - indices.count)
            }
            indices[number] = index
            byName[range.partition.topic] = indices
        }
    }

    /// Where to begin, of those that are open.
    var starts: [TopicPartition: Int64] {
        var starts: [TopicPartition: Int64] = [:]
        for (index, range) in ranges.enumerated() where isOpen[index] {
            starts[range.partition] = range.offsets.lowerBound
        }
        return starts
    }

    /// The open range of a partition; nil: there is none.
    mutating func index(_ topic: OpaquePointer, _ partition: Int32) -> Int? {
        if last?.handle != topic {
            if byHandle[topic] == nil {
                byHandle[topic] = byName[String(cString: rd_kafka_topic_name(topic))] ?? []
            }
            last = (topic, byHandle[topic] ?? [])
        }
        guard let indices = last?.indices, indices.indices.contains(Int(partition)) else { return nil }
        let index = indices[Int(partition)]
        return index >= 0 && isOpen[index] ? index : nil
    }

    /// One of those that are open, another one each time.
    mutating func another() -> TopicPartition? {
        for _ in ranges.indices {
            turn = (turn + 1) % ranges.count
            if isOpen[turn] { return ranges[turn].partition }
        }
        return nil
    }

    mutating func close(_ index: Int) {
        if isOpen[index] { left -= 1 }
        isOpen[index] = false
    }
}

/// One record where librdkafka holds it: valid within the call that hands it over, and no longer.
package struct RecordView: ~Copyable {
    let message: UnsafePointer<rd_kafka_message_t>

    init(_ message: UnsafePointer<rd_kafka_message_t>) { self.message = message }

    package var offset: Int64 { message.pointee.offset }
    /// Empty when the record has no value.
    package var value: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: message.pointee.payload, count: message.pointee.payload == nil ? 0 : message.pointee.len)
    }
}
