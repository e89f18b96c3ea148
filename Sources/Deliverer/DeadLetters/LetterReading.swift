import Catalog
import Kafka
import OrderLog
import Orders

/// Reads the orders of a batch's entries back from their dead letters. Blocks.
enum LetterReading {
    /// Entries handed in at a time, at most: what is held in full.
    static let maxEntries = 1_024
    /// Letters of one partition are read in one go where no more than so many others lie between two of them.
    private static let maxGap: Int64 = 512

    /// - Parameter entries: by partition and offset.
    /// - Returns: in the order of `entries`; nil where the letter is not there any more or is not the
    ///   order's.
    static func orders(
        _ entries: ArraySlice<RedriveEntry>, topic: String, catalog: Catalog, reader: KafkaReader
    ) throws(KafkaFailure) -> [Order?] {
        precondition(entries.count <= maxEntries)
        var found: [OrderID: Order] = [:]
        var start = entries.startIndex
        while start < entries.endIndex {
            var end = start + 1
            while end < entries.endIndex, entries[end].partition == entries[start].partition,
                entries[end].offset - entries[end - 1].offset <= maxGap
            { end += 1 }
            let partition = TopicPartition(topic: topic, partition: Int32(entries[start].partition))
            var next = start
            try reader.read([partition: entries[start].offset..<entries[end - 1].offset + 1]) { _, record in
                while next < end, entries[next].offset < record.offset { next += 1 }
                guard next < end, entries[next].offset == record.offset,
                    let letter = try? DeadRecord.decode(record.value, catalog),
                    letter.order.id == entries[next].order
                else { return }
                found[letter.order.id] = letter.order
            }
            start = end
        }
        return entries.map { found[$0.order] }
    }

    /// Those of some orders that have a letter behind a cut: they have ended once more since.
    static func endedSince(
        _ cut: [Int32: Int64], among orders: Set<OrderID>, topic: String, catalog: Catalog,
        reader: KafkaReader
    ) throws(KafkaFailure) -> Set<OrderID> {
        var ranges: [TopicPartition: Range<Int64>] = [:]
        for (partition, whole) in try TopicScan.ranges(topic, reader: reader) {
            let from = max(cut[partition.partition] ?? 0, whole.lowerBound)
            ranges[partition] = from..<max(from, whole.upperBound)
        }
        var found: Set<OrderID> = []
        try reader.read(ranges) { _, record in
            guard let letter = try? DeadRecord.decode(record.value, catalog) else { return }
            if orders.contains(letter.order.id) { found.insert(letter.order.id) }
        }
        return found
    }
}
