import Catalog
import Kafka
import Orders
import Pacing

/// One partition that is or was assigned to this process.
struct PartitionSlot: Sendable {
    let topic: String
    let number: Int32
    let game: UInt8
    /// Of the retries topic.
    let isShelf: Bool
    /// Its place among the partitions that make up the game's limit.
    let shareIndex: Int
    /// Counts assignments, so that what was read during an earlier one is told apart.
    var assignment: UInt32 = 0
    var isAssigned = false
    /// Made with the first record: only then is the first offset known.
    var watermark: CompletionWatermark?
    /// Records read and not finished.
    var open = 0
    /// Records asked for and not come yet.
    var granted = 0
    let most: Int
}

/// A record that could not be read yet. All wait equally long, so that the first in line is the next due.
struct Doubt: Sendable {
    let source: Source
    let value: [UInt8]
    var triesLeft: Int
    var atNs: UInt64
}

extension DeliveryEngine {
    /// The engine's number for a partition, made when it is first named; nil for a topic that is not ours.
    package mutating func partition(topic: String, number: Int32) -> Int? {
        if let known = partitions.firstIndex(where: { $0.topic == topic && $0.number == number }) {
            return known
        }
        let topics = Topics(campaign: catalog.campaign.id)
        guard
            let game = catalog.games.first(where: {
                topics.orders(game: $0.id) == topic || topics.retries(game: $0.id) == topic
            })
        else { return nil }
        let orders = catalog.campaign.storage.ordersPartitions
        let share = Int(game.limit.perSecond) * 2 / orders
        let isShelf = topics.retries(game: game.id) == topic
        partitions.append(
            PartitionSlot(
                topic: topic, number: number, game: game.slot, isShelf: isShelf,
                shareIndex: isShelf ? orders + Int(number) : Int(number),
                most: min(max(share, options.fewestOpen), options.mostOpen)))
        return partitions.count - 1
    }

    /// The consumer owns these partitions from now on, and no others.
    package mutating func assigned(_ numbers: [Int], _ now: Moment) {
        for number in numbers {
            partitions[number].assignment += 1
            partitions[number].isAssigned = true
            partitions[number].watermark = nil
            partitions[number].open = 0
            partitions[number].granted = 0
            refill(number)
        }
        let shares = partitions.filter(\.isAssigned).map {
            SharePartition(game: $0.game, index: $0.shareIndex)
        }
        pacer.assigned(shares, nowNs: now.ns)
    }

    /// They belong to somebody else now. What waits is let go; what is under way goes on, and its outcome is
    /// still recorded, but its offset is no longer ours to commit.
    package mutating func revoked(_ numbers: [Int], _ now: Moment) {
        pacer.revoked(nowNs: now.ns)
        for number in numbers { partitions[number].isAssigned = false }
        for ref in parcels.refs {
            guard let parcel = parcels[ref], numbers.contains(parcel.source.partition) else { continue }
            switch parcel.phase {
            case .ready: parcels.remove(ref)
            case .sleeping where parcel.pending == nil: parcels.remove(ref)
            default: break
            }
        }
    }

    /// A record has come. Unreadable ones are kept in `.dead` and never block the others.
    package mutating func received(partition number: Int, offset: Int64, value: [UInt8], _ now: Moment) {
        partitions[number].granted = max(0, partitions[number].granted - 1)
        partitions[number].open += 1
        if partitions[number].watermark == nil {
            partitions[number].watermark = CompletionWatermark(first: offset)
        }
        partitions[number].watermark?.began(offset)
        let source = Source(partition: number, assignment: partitions[number].assignment, offset: offset)
        read(Doubt(source: source, value: value, triesLeft: options.doubtTries, atNs: now.ns), now)
    }

    /// Takes up a record, or doubts it, or gives it up: what names a gift pack that was added to the files a
    /// moment ago can be read as soon as the edit has come here too.
    private mutating func read(_ record: Doubt, _ now: Moment) {
        let (source, slot) = (record.source, partitions[record.source.partition])
        do throws(RecordFault) {
            let order = try OrderRecord.decode(record.value, catalog)
            guard catalog.gifts[Int(order.gift)].game == slot.game else {
                throw RecordFault("game: the order stands in another game's topic")
            }
            admit(order, source, now)
        } catch {
            guard record.triesLeft == 0, !isCatalogBehind else {
                var doubt = record
                doubt.triesLeft = max(0, doubt.triesLeft - 1)
                doubt.atNs = now.ns + options.doubtNs
                doubts.append(doubt)
                return
            }
            let ref = PoisonRef(number: nextPoison)
            nextPoison += 1
            poison[ref] = source
            actions.append(
                .bury(
                    ref, topic: slot.topic, partition: slot.number, offset: source.offset,
                    reason: error.reason, value: record.value))
        }
    }

    /// Reads again what could not be read and is due.
    mutating func readDoubts(_ now: Moment) {
        while let doubt = doubts.first, doubt.atNs <= now.ns {
            doubts.removeFirst()
            if isLive(doubt.source) { read(doubt, now) }
        }
    }

    private mutating func admit(_ order: Order, _ source: Source, _ now: Moment) {
        if let ref = parcels.ref(of: order.id), let existing = parcels[ref] {
            if isLive(existing.source) {
                guard existing.phase == .shelving else {
                    // A twin in the topic; the one in memory holds its own offset open.
                    complete(source)
                    return
                }
                // Its shelved copy has come back before Kafka's acknowledgement reached us: that copy carries
                // on.
                finish(ref)
            } else {
                // Read again after a rebalance while its attempt was still under way: the work carries on and
                // completes the new reading.
                if isLive(source) { parcels[ref]?.source = source }
                return
            }
        }
        let game = catalog.gifts[Int(order.gift)].game
        let ref = parcels.insert(Parcel(order: order, game: game, source: source))
        let wait = order.notBeforeMs - now.ms
        if wait > 0 {
            sleep(ref, .deliver, forMs: wait, now)
        } else {
            makeReady(ref, .deliver)
        }
    }

    /// The unreadable record is kept, or not yet.
    package mutating func buried(_ ref: PoisonRef, isKept: Bool) {
        guard isKept, let source = poison.removeValue(forKey: ref) else { return }
        complete(source)
    }

    /// The order needs nothing more from us.
    mutating func finish(_ ref: ParcelRef) {
        guard let parcel = parcels[ref] else { return }
        parcels.remove(ref)
        complete(parcel.source)
    }

    func isLive(_ source: Source) -> Bool {
        partitions[source.partition].isAssigned
            && partitions[source.partition].assignment == source.assignment
    }

    private mutating func complete(_ source: Source) {
        guard isLive(source) else { return }
        partitions[source.partition].open -= 1
        if let next = partitions[source.partition].watermark?.completed(source.offset) {
            actions.append(.commit(partition: source.partition, offset: next))
        }
        refill(source.partition)
    }

    /// Asks for more records when half the room of a partition is free.
    private mutating func refill(_ number: Int) {
        let slot = partitions[number]
        let room = slot.most - slot.open - slot.granted
        guard slot.isAssigned, room * 2 >= slot.most else { return }
        partitions[number].granted += room
        actions.append(.grant(partition: number, count: room))
    }
}
