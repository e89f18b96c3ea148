import Catalog
import Kafka
import OrderLog
import Orders

/// Dead letters that have game, ending, status and reason in common.
struct LetterGroup: Sendable, Hashable {
    let game: UInt8
    let outcome: Outcome
    let status: Int
    let reason: String
}

/// A record that nobody could read, as `.dead` keeps it.
struct PoisonLetter: Sendable, Equatable {
    var found: PoisonRecord.Found
    /// When it was put aside, Unix milliseconds.
    var atMs: Int64
}

/// One reading of `.dead` from its first record to where it ended: what stands there of each order, and the
/// newest letters in full. Memory: ``LetterIndex``, and bounded windows for all else.
struct LetterSurvey: Sendable {
    /// Groups told apart; letters of further ones count under "other reasons" of their game.
    static let maxGroups = 4_096
    static let otherReasons = "(other reasons)"

    let catalog: Catalog
    let filter: LetterFilter
    /// Letters and poison records kept in full, each.
    let window: Int

    private(set) var index = LetterIndex()
    private(set) var groups: [LetterGroup] = []
    private var numbers: [LetterGroup: UInt32] = [:]
    /// Lines of `.dead` that are dead letters; an order may have several.
    private(set) var letters = 0
    /// Lines that are neither a letter of this catalog nor a poison record.
    private(set) var unreadable = 0
    /// Poison records that are meant.
    private(set) var poison = 0
    private(set) var newestPoison: [PoisonLetter] = []
    /// Meant, the newest last; some may have a later letter that is not.
    private(set) var newest: [DeadRecord] = []
    /// Where `.dead` ended when the reading began, by partition.
    private(set) var cut: [Int32: Int64] = [:]

    init(_ catalog: Catalog, _ filter: LetterFilter, window: Int) {
        self.catalog = catalog
        self.filter = filter
        self.window = window
    }

    /// Reads the topic. Blocks.
    mutating func read(_ reader: KafkaReader, topic: String) throws {
        let ranges = try TopicScan.ranges(topic, reader: reader)
        guard ranges.count <= LetterIndex.maxPartitions else {
            throw DeskFault(
                DeskFault.badData, "\(topic) has more than \(LetterIndex.maxPartitions) partitions")
        }
        for (partition, range) in ranges { cut[partition.partition] = range.upperBound }
        try reader.read(ranges) { partition, record in take(record, partition: partition.partition) }
        prune(to: window)
    }

    mutating func take(_ record: KafkaRecord, partition: Int32) {
        if let letter = try? DeadRecord.decode(record.value, catalog) {
            take(letter, partition: partition, offset: record.offset)
        } else if let found = PoisonRecord.decode(record.value) {
            guard filter.matches(found, atMs: record.timestampMs) else { return }
            poison += 1
            newestPoison.append(PoisonLetter(found: found, atMs: record.timestampMs))
            if newestPoison.count > max(window, 1) * 2 { prune(to: window) }
        } else {
            unreadable += 1
        }
    }

    private mutating func take(_ letter: DeadRecord, partition: Int32, offset: Int64) {
        letters += 1
        let game = catalog.games[Int(catalog.gifts[Int(letter.order.gift)].game)]
        let isMeant = filter.matches(letter, game: game.id)
        // Letters that are not meant are remembered too: one may be an order's latest.
        let group =
            isMeant
            ? number(
                LetterGroup(
                    game: game.slot, outcome: letter.outcome, status: letter.status, reason: letter.reason))
            : 0
        index.add(
            LetterIndex.Entry(
                order: letter.order.id, attempt: letter.order.attempt, partition: partition, offset: offset,
                group: group, isMeant: isMeant))
        guard isMeant, window > 0 else { return }
        newest.append(letter)
        if newest.count > window * 2 { prune(to: window) }
    }

    private mutating func number(_ group: LetterGroup) -> UInt32 {
        if let known = numbers[group] { return known }
        var group = group
        if groups.count >= Self.maxGroups {
            group = LetterGroup(
                game: group.game, outcome: group.outcome, status: 0, reason: Self.otherReasons)
            if let known = numbers[group] { return known }
        }
        let number = UInt32(groups.count)
        groups.append(group)
        numbers[group] = number
        return number
    }

    private mutating func prune(to most: Int) {
        newest.sort { $0.atMs < $1.atMs }
        newest.removeFirst(max(0, newest.count - most))
        newestPoison.sort { $0.atMs < $1.atMs }
        newestPoison.removeFirst(max(0, newestPoison.count - most))
    }

    /// Hands out each order's latest letter where it is meant, some at a time, and forgets them.
    mutating func drain(_ body: ([LetterIndex.Entry]) async throws -> Void) async rethrows {
        var index = index
        self.index = LetterIndex()
        try await index.drain { list in
            let meant = list.filter(\.isMeant)
            if !meant.isEmpty { try await body(meant) }
        }
    }
}
