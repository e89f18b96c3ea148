import Orders
import Wire

/// Where each order's latest dead letter stands, for as many orders as there are: 24 bytes an order and at
/// most a quarter more for room to grow, so that ten million take 240 to 300 MB.
///
/// Entries lie in 1,024 buckets by a mix of the order's ID. A bucket is sorted and freed of older letters
/// when it is full, before it grows: memory follows the orders, not the letters. One owner.
struct LetterIndex {
    struct Entry {
        let order: OrderID
        /// `attempt 16 | partition 8 | offset 40`: of two letters of an order the greater one is the later.
        let rank: UInt64
        /// The summary's group.
        var group: UInt32
        /// The letter is one of those that are meant.
        var isMeant: Bool
        /// See ``RedriveEntry/isLeftQueued``.
        var isLeftQueued = false

        init(
            order: OrderID, attempt: UInt16, partition: Int32, offset: Int64, group: UInt32, isMeant: Bool
        ) {
            self.order = order
            rank =
                UInt64(attempt) << 48 | UInt64(truncatingIfNeeded: partition) << 40
                | UInt64(bitPattern: offset)
            self.group = group
            self.isMeant = isMeant
        }

        var attempt: UInt16 { UInt16(rank >> 48) }
        var partition: Int32 { Int32(rank >> 40 & 0xFF) }
        var offset: Int64 { Int64(rank & (1 << 40 - 1)) }
    }

    /// Topics have at most this many partitions (``Storage``), and a partition less than 2^40 records.
    static let maxPartitions = 256
    private static let buckets = 1 << 10
    private static let firstRoom = 16

    private var lists = [[Entry]](repeating: [], count: buckets)
    private var rooms = [Int](repeating: firstRoom, count: buckets)

    mutating func add(_ entry: Entry) {
        let bucket = Int(splitMix64(entry.order.rawValue) % UInt64(Self.buckets))
        if lists[bucket].count >= rooms[bucket] {
            Self.forgetOlder(&lists[bucket])
            if lists[bucket].count * 4 > rooms[bucket] * 3 { rooms[bucket] += rooms[bucket] / 4 }
        }
        if lists[bucket].capacity < rooms[bucket] { lists[bucket].reserveCapacity(rooms[bucket]) }
        lists[bucket].append(entry)
    }

    /// Bytes that the entries' lists have room for.
    var bytes: Int { lists.reduce(0) { $0 + $1.capacity } * MemoryLayout<Entry>.stride }

    /// Hands out the latest letters of all orders, bucket by bucket, and forgets them.
    mutating func drain(_ body: ([Entry]) async throws -> Void) async rethrows {
        for bucket in lists.indices {
            var list = lists[bucket]
            lists[bucket] = []
            Self.forgetOlder(&list)
            if !list.isEmpty { try await body(list) }
        }
    }

    /// The latest letters of all orders; for small indexes.
    func entries() -> [Entry] {
        lists.flatMap { list in
            var list = list
            Self.forgetOlder(&list)
            return list
        }
    }

    private static func forgetOlder(_ list: inout [Entry]) {
        list.sort { $0.order == $1.order ? $0.rank > $1.rank : $0.order < $1.order }
        var kept = 0
        for index in list.indices where kept == 0 || list[kept - 1].order != list[index].order {
            list[kept] = list[index]
            kept += 1
        }
        list.removeLast(list.count - kept)
    }
}
