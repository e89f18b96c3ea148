import CRdKafka
import Logging

extension ConsumerWorker {
    /// How long an assignment may wait for the group's committed offsets. The heartbeat has a thread of its
    /// own, so the group does not notice.
    static let committedLookUpMs: Int32 = 2000
    /// How long the thread waits when it asks again for those it could not have.
    static let committedRetryMs: Int32 = 200
    /// How long a closing worker sleeps between two looks at the clock.
    private static let closingPollMs: Int32 = 50

    /// Answers a rebalance with `rd_kafka_assign`, as the library demands of whoever takes these events.
    mutating func rebalance(_ event: OpaquePointer) {
        let error = rd_kafka_event_error(event)
        let listed = TopicPartitionList.entries(of: rd_kafka_event_topic_partition_list(event))
        switch error {
        case RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS:
            assign(listed.map(\.partition))
        case RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS:
            revoke()
        default:
            tell(.failure(KafkaFailure(error)))
            revoke()
        }
    }

    /// The start offsets are looked up here and not left to librdkafka, since only so is it known which
    /// offset is due first: a trimmed log would otherwise be read from its new beginning without a word.
    private mutating func assign(_ ids: [TopicPartition]) {
        let starts = startOffsets(ids, waitMs: Self.committedLookUpMs)
        let list = TopicPartitionList(capacity: ids.count)
        partitions.removeAll()
        for id in ids {
            guard let partition = AssignedPartition(id, client: client, mailbox: core.mailbox) else {
                tell(.failure(.configuration("\(id) has no queue")))
                continue
            }
            switch starts[id] {
            case .some(let offset) where offset >= 0:
                partition.expected = offset
                list.add(id, offset: offset)
            case .some:
                // Never committed: everything is to be read.
                partition.expected = 0
                list.add(id, offset: Int64(RD_KAFKA_OFFSET_BEGINNING))
            case nil:
                list.add(id, offset: Int64(RD_KAFKA_OFFSET_STORED))
            }
            partitions[id] = partition
        }
        let error = rd_kafka_assign(client.pointer, list.pointer)
        if error != RD_KAFKA_RESP_ERR_NO_ERROR { tell(.failure(KafkaFailure(error))) }
        generation += 1
        committer.assigned(ids, at: starts, nowNs: MonotonicClock.nowNs)
        tell(.assigned(ids), generation: generation)
    }

    /// The group's committed offset of each partition, negative for none; without those that could not be
    /// had.
    private func startOffsets(_ ids: [TopicPartition], waitMs: Int32) -> [TopicPartition: Int64] {
        guard !ids.isEmpty else { return [:] }
        let list = TopicPartitionList(ids)
        let error = rd_kafka_committed(client.pointer, list.pointer, waitMs)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            core.logger.warning(
                "no committed offsets: a hole before the first record will not be noticed",
                metadata: ["error": "\(KafkaFailure(error))"])
            return [:]
        }
        var offsets: [TopicPartition: Int64] = [:]
        for entry in list.entries where entry.error == RD_KAFKA_RESP_ERR_NO_ERROR {
            offsets[entry.partition] = entry.offset
        }
        return offsets
    }

    /// Asks again where a partition stands that could not be had at its assignment: without it no commit
    /// covers them all.
    mutating func lookUpPositions() {
        let nowNs = MonotonicClock.nowNs
        guard let unknown = committer.unknown(nowNs: nowNs) else { return }
        committer.found(startOffsets(unknown, waitMs: Self.committedRetryMs), nowNs: MonotonicClock.nowNs)
    }

    /// Gives everything up at once. Finished work is committed on the way out, without waiting for the
    /// answer; unfinished work goes on at its own pace and is no concern of ours.
    private mutating func revoke() {
        if rd_kafka_assignment_lost(client.pointer) == 0 {
            committer.send(nowNs: MonotonicClock.nowNs, generation: generation)
        }
        committer.forget()
        let gone = Array(partitions.keys)
        partitions.removeAll()
        rd_kafka_assign(client.pointer, nil)
        generation += 1
        tell(.revoked(gone), generation: generation)
    }

    /// Commits, leaves the group, and frees the queues; whatever is not done by the deadline is left undone.
    mutating func closeDown(byNs deadlineNs: UInt64) {
        committer.stopHeartbeat()
        committer.send(nowNs: MonotonicClock.nowNs, generation: generation)
        while !committer.isIdle, MonotonicClock.nowNs < deadlineNs {
            serveQueue(waitMs: min(Self.closingPollMs, MonotonicClock.remainingMs(until: deadlineNs)))
            committer.sendIfDue(nowNs: MonotonicClock.nowNs, generation: generation)
        }
        if MonotonicClock.nowNs < deadlineNs { leaveGroup(byNs: deadlineNs) }
        partitions.removeAll()
        Mailbox<ConsumerCore.Command>.unhook(queue)
        rd_kafka_queue_destroy(queue)
    }

    /// librdkafka closes in its own threads and sends the last revocation to a queue of our choice.
    private mutating func leaveGroup(byNs deadlineNs: UInt64) {
        let closing = rd_kafka_queue_new(client.pointer)!
        if let failure = KafkaFailure(consuming: rd_kafka_consumer_close_queue(client.pointer, closing)) {
            core.logger.debug("the consumer does not close", metadata: ["error": "\(failure)"])
            rd_kafka_queue_destroy(closing)
            return
        }
        Mailbox<ConsumerCore.Command>.unhook(queue)
        rd_kafka_queue_destroy(queue)
        queue = closing
        while rd_kafka_consumer_closed(client.pointer) == 0, MonotonicClock.nowNs < deadlineNs {
            serveQueue(waitMs: min(Self.closingPollMs, MonotonicClock.remainingMs(until: deadlineNs)))
        }
    }
}
