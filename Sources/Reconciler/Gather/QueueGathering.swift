import CampaignFiles
import Catalog
import Kafka
import NIOCore
import OrderLog
import Orders

/// Reads a campaign's topics into a ``FactStore``, with several clients at once.
enum QueueGathering {
    /// Clients that read at the same time, each with a thread; each prefetches at most
    /// `KafkaClientOptions.readAheadKiB`.
    private static let maxReaders = 4
    /// Below so many records a second client costs more than it saves.
    private static let worthAReader: Int64 = 20_000

    /// What stands in a topic. Facts of one order come from one topic of a kind.
    private enum Content: Sendable {
        case held
        case orders(game: UInt8)
        case retries(game: UInt8)
        case outcomes
        case dead
    }

    /// A partition to be read up to an end.
    private struct Piece: Sendable {
        var content: Content
        var partition: TopicPartition
        var offsets: Range<Int64>
        /// Where the deliverers stood before.
        var committed: Int64?
    }

    static func read(_ stores: CampaignStores, isWhole: Bool, _ gathered: inout Gathered) async throws {
        let catalog = stores.catalog
        let (pieces, control) = try await stores.blocking { options, logger in
            let reader = try KafkaReader(options: options, logger: logger)
            if isWhole { try demand(catalog, reader) }
            let control = isWhole ? try self.control(catalog, reader) : nil
            return (try self.pieces(catalog, reader), control)
        }
        gathered.control = control?.records ?? []
        let facts = gathered.facts
        let read = try await withThrowingTaskGroup(of: [SourceReading].self) { group in
            for share in shares(pieces) {
                group.addTask {
                    try await stores.blocking { options, logger in
                        try scan(share, KafkaReader(options: options, logger: logger), catalog, facts)
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        for source in (control?.sources ?? []) + read { gathered.sources[source.partition] = source }
    }

    private static func demand(_ catalog: Catalog, _ reader: KafkaReader) throws(KafkaFailure) {
        for topic in Topics(campaign: catalog.campaign.id).all(catalog) {
            try TopicScan.demand(topic.name, partitions: topic.partitions, reader: reader)
        }
    }

    private static func control(
        _ catalog: Catalog, _ reader: KafkaReader
    ) throws(KafkaFailure) -> (records: [ControlRecord], sources: [SourceReading]) {
        var records = [ControlRecord]()
        let ranges = try TopicScan.ranges(Topics(campaign: catalog.campaign.id).control, reader: reader)
        try reader.read(ranges) { _, record in
            if let record = try? ControlRecord.decode(record.value) { records.append(record) }
        }
        let sources = ranges.map { partition, offsets in
            SourceReading(
                partition: partition, low: offsets.lowerBound, end: offsets.upperBound,
                records: offsets.count)
        }
        return (records, sources)
    }

    /// Marks, then ends, in the direction of travel.
    private static func pieces(_ catalog: Catalog, _ reader: KafkaReader) throws(KafkaFailure) -> [Piece] {
        let topics = Topics(campaign: catalog.campaign.id)
        func pieces(
            _ topic: String, _ content: Content, _ marks: [TopicPartition: Int64] = [:]
        ) throws(KafkaFailure) -> [Piece] {
            try TopicScan.ranges(topic, reader: reader).map { partition, offsets in
                Piece(
                    content: content, partition: partition, offsets: offsets, committed: marks[partition])
            }
        }
        var all = try pieces(topics.held, .held)
        let marks = try self.marks(catalog, topics, reader)
        for game in catalog.games {
            all += try pieces(topics.orders(game: game.id), .orders(game: game.slot), marks)
        }
        for game in catalog.games {
            all += try pieces(topics.retries(game: game.id), .retries(game: game.slot), marks)
        }
        all += try pieces(topics.outcomes, .outcomes)
        return all + (try pieces(topics.dead, .dead))
    }

    private static func marks(
        _ catalog: Catalog, _ topics: Topics, _ reader: KafkaReader
    ) throws(KafkaFailure) -> [TopicPartition: Int64] {
        var partitions = [TopicPartition]()
        for game in catalog.games {
            for topic in [topics.orders(game: game.id), topics.retries(game: game.id)] {
                for number in 0..<(try reader.partitions(topic)) {
                    partitions.append(TopicPartition(topic: topic, partition: Int32(number)))
                }
            }
        }
        guard !partitions.isEmpty else { return [:] }
        return try reader.committed(group: CampaignTopics.delivererGroup(catalog), partitions)
    }

    /// The pieces in shares of about as many records; empty ones are read by nobody and count as read.
    private static func shares(_ pieces: [Piece]) -> [[Piece]] {
        let records = pieces.reduce(0) { $0 + Int64($1.offsets.count) }
        let readers = max(1, min(Int64(min(maxReaders, System.coreCount)), records / worthAReader))
        var shares = Array(repeating: (records: Int64(0), pieces: [Piece]()), count: Int(readers))
        for piece in pieces.sorted(by: { $0.offsets.count > $1.offsets.count }) {
            let least = shares.indices.min { shares[$0].records < shares[$1].records } ?? 0
            shares[least].records += Int64(piece.offsets.count)
            shares[least].pieces.append(piece)
        }
        return shares.map(\.pieces)
    }

    /// Reads some partitions to their ends. Blocks.
    private static func scan(
        _ pieces: [Piece], _ reader: KafkaReader, _ catalog: Catalog, _ facts: FactStore
    ) throws -> [SourceReading] {
        var writer = FactWriter(facts)
        var sources = pieces.map {
            SourceReading(
                partition: $0.partition, low: $0.offsets.lowerBound, committed: $0.committed,
                end: $0.offsets.upperBound)
        }
        var fault: FileFault?
        var names: OrderNames?
        try reader.scan(pieces.map { ($0.partition, $0.offsets) }) { index, record in
            guard fault == nil else { return }
            sources[index].records += 1
            let fact: Fact
            do throws(RecordFault) {
                fact = try self.fact(pieces[index], record.offset, record.value, catalog, &names)
            } catch {
                sources[index].unreadable += 1
                return
            }
            do throws(FileFault) { try writer.add(fact) } catch { fault = error }
        }
        if let fault { throw fault }
        try writer.end()
        return sources
    }

    private static func fact(
        _ piece: Piece, _ offset: Int64, _ value: UnsafeRawBufferPointer, _ catalog: Catalog,
        _ names: inout OrderNames?
    ) throws(RecordFault) -> Fact {
        switch piece.content {
        case .held: return .held(try HeldRecord.decode(Array(value), catalog).order)
        case .orders(let game), .retries(let game):
            let order = try OrderRecord.decode(value, catalog, names: &names)
            guard catalog.gifts[Int(order.gift)].game == game else {
                throw RecordFault("of another game than its topic")
            }
            let isLive = offset >= piece.committed ?? 0
            if case .orders = piece.content { return .queued(order, isLive: isLive) }
            return .retried(order, isLive: isLive)
        case .outcomes:
            let told = try OutcomeFact.decode(value, catalog)
            return .outcome(
                told.order, told.outcome, attempt: told.attempt, game: told.game, atMs: told.atMs)
        case .dead:
            let dead = try DeadRecord.decode(Array(value), catalog)
            return .dead(dead.order, dead.outcome, atMs: dead.atMs)
        }
    }
}
