import Catalog
import Kafka
import Logging
import Metrics
import NIOCore
import Orders
import Pacing
import Wire

/// What waits for Kafka's acknowledgements.
struct WriteTable {
    enum Purpose: Sendable {
        case outcome(ParcelRef)
        case shelf(ParcelRef)
        case poison(PoisonRef)
    }

    private struct Write {
        var purpose: Purpose
        var left: Int
        var isAcknowledged = true
    }

    private var writes: [UInt64: Write] = [:]
    private var next: UInt64 = 0

    var count: Int { writes.count }

    /// - Parameter records: how many reports must come before it is over.
    mutating func add(_ purpose: Purpose, records: Int) -> UInt64 {
        next = (next + 1) & 0xFFFF_FFFF_FFFF
        writes[next] = Write(purpose: purpose, left: records)
        return next
    }

    /// One report has come. Returns the purpose when it was the last one.
    mutating func report(_ token: UInt64, isAcknowledged: Bool) -> (Purpose, isAcknowledged: Bool)? {
        guard var write = writes[token] else { return nil }
        write.left -= 1
        write.isAcknowledged = write.isAcknowledged && isAcknowledged
        writes[token] = write.left > 0 ? write : nil
        return write.left > 0 ? nil : (write.purpose, write.isAcknowledged)
    }
}

extension DeliveryLoop {
    func record(_ ref: ParcelRef, _ outcome: OutcomeRecord, _ dead: DeadRecord?) {
        let key = CrockfordBase32.encode(outcome.order.rawValue)
        let token = writes.add(.outcome(ref), records: dead == nil ? 1 : 2)
        meters.count(outcome)
        if let slot = request.catalog.game(id: outcome.game)?.slot {
            errors[Int(slot)].take(outcome, answer: dead?.answer ?? "")
        }
        produce(topics.outcomes, key: key, value: outcome.encode(), token: token)
        if let dead { produce(topics.dead, key: key, value: dead.encode(request.catalog), token: token) }
    }

    func shelve(_ ref: ParcelRef, _ order: Order, game: UInt8, tier: Int) {
        let token = writes.add(.shelf(ref), records: 1)
        produce(
            topics.retries(game: request.catalog.games[Int(game)].id), partition: Int32(tier),
            key: CrockfordBase32.encode(order.id.rawValue), value: OrderRecord.encode(order, request.catalog),
            token: token)
    }

    func bury(_ ref: PoisonRef, _ value: [UInt8]) {
        let token = writes.add(.poison(ref), records: 1)
        poisonValues[ref] = value
        produce(topics.dead, key: Array("poison".utf8), value: value, token: token)
    }

    private func produce(_ topic: String, partition: Int32 = -1, key: [UInt8], value: [UInt8], token: UInt64)
    {
        do throws(KafkaFailure) {
            guard let producer else { throw KafkaFailure(code: -1, message: "stopped", isRetriable: true) }
            try producer.produce(
                topic: topic, partition: partition, key: key, value: value, reporter: 0, token: token)
        } catch {
            refused(token)
        }
    }

    /// Kafka's reports, in batches.
    func reported(_ reports: [DeliveryReport]) {
        for report in reports {
            guard let failure = report.failure else { continue }
            meters.kafkaFailures.increment()
            logger.warning("kafka: a record failed, tried again", metadata: ["reason": "\(failure)"])
        }
        let ended = reports.compactMap { writes.report($0.token, isAcknowledged: $0.failure == nil) }
        turn { engine, now in
            for (purpose, isWhole) in ended { self.end(purpose, isWhole, &engine, now) }
        }
    }

    /// A record that could not even be queued ends as one that failed, on the next turn.
    private func refused(_ token: UInt64) {
        guard let (purpose, isWhole) = writes.report(token, isAcknowledged: false) else { return }
        loop.execute { [self] in turn { engine, now in self.end(purpose, isWhole, &engine, now) } }
    }

    private func end(
        _ purpose: WriteTable.Purpose, _ isWhole: Bool, _ engine: inout DeliveryEngine, _ now: Moment
    ) {
        switch purpose {
        case .outcome(let ref): engine.recorded(ref, isAcknowledged: isWhole, now)
        case .shelf(let ref): engine.shelved(ref, isAcknowledged: isWhole, now)
        case .poison(let ref):
            guard !isWhole else {
                poisonValues[ref] = nil
                engine.buried(ref, isKept: true)
                return
            }
            loop.scheduleTask(in: .seconds(1)) { [self] in
                if let value = poisonValues[ref] { bury(ref, value) }
            }
        }
    }

    /// The consumer's events, in their order.
    func consumed(_ event: KafkaConsumerEvent) {
        switch event {
        case .assigned(let partitions):
            logger.info("partitions assigned", metadata: ["count": "\(partitions.count)"])
            let numbers = partitions.compactMap { number($0) }
            turn { engine, now in engine.assigned(numbers, now) }
        case .revoked(let partitions):
            logger.info("partitions revoked", metadata: ["count": "\(partitions.count)"])
            let numbers = partitions.compactMap { number($0) }
            (backlogs, credits, positions) = ([:], [:], [:])
            turn { engine, now in engine.revoked(numbers, now) }
        case .committed(let sentNs, let backlog):
            for (partition, left) in backlog {
                guard let number = number(partition), let records = left.records else { continue }
                backlogs[number] = Int(records)
            }
            turn { engine, now in engine.pacer.committed(sentNs: sentNs, nowNs: now.ns) }
        case .records(let partition, let records):
            guard let number = number(partition) else { return }
            turn { engine, now in
                for record in records {
                    engine.received(partition: number, offset: record.offset, value: record.value, now)
                }
            }
        case .failure(let failure):
            meters.kafkaFailures.increment()
            logger.warning("kafka: the consumer says", metadata: ["reason": "\(failure)"])
        case .offsetOutOfRange(let partition, let expected, let found):
            meters.holes.increment()
            logger.critical(
                "records are missing from a topic: run the reconciler",
                metadata: ["partition": "\(partition)", "expected": "\(expected)", "found": "\(found)"])
        }
    }

    private func number(_ partition: TopicPartition) -> Int? {
        if let known = numbers[partition] { return known }
        guard let number = engine.partition(topic: partition.topic, number: partition.partition) else {
            return nil
        }
        numbers[partition] = number
        names.append(partition)
        precondition(names.count == number + 1, "the engine numbers partitions in the order of their naming")
        return number
    }
}
