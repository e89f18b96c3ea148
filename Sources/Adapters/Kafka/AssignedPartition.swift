import CRdKafka

/// A partition of the present assignment: its detached queue, its credits, and the offset due next.
/// Owned by the consumer's thread.
final class AssignedPartition {
    let id: TopicPartition
    /// Records that may still be handed out.
    var credits = 0
    /// The next offset if the log has no hole; nil until it is known.
    var expected: Int64?
    private let queue: OpaquePointer
    /// librdkafka rings it from inside the queue; kept alive here, and unhooked before it is let go.
    private let mailbox: Mailbox<ConsumerCore.Command>

    /// Detaches the partition's queue. Must come before `rd_kafka_assign`, which would otherwise forward the
    /// queue to the consumer's; a queue once forwarded by the application (here: to nothing) is left alone
    /// (RD_KAFKA_Q_F_FWD_APP in rdkafka_queue.h).
    init?(_ id: TopicPartition, client: ClientHandle, mailbox: Mailbox<ConsumerCore.Command>) {
        guard let queue = rd_kafka_queue_get_partition(client.pointer, id.topic, id.partition) else {
            return nil
        }
        self.id = id
        self.queue = queue
        self.mailbox = mailbox
        rd_kafka_queue_forward(queue, nil)
        mailbox.ringsFrom(queue)
    }

    deinit {
        Mailbox<ConsumerCore.Command>.unhook(queue)
        rd_kafka_queue_destroy(queue)
    }

    /// The end of the log as the last fetch told it; asks nobody. Nil before that.
    func high(_ client: ClientHandle) -> Int64? {
        var (low, high) = (Int64(-1), Int64(-1))
        let error = rd_kafka_get_watermark_offsets(client.pointer, id.topic, id.partition, &low, &high)
        return error == RD_KAFKA_RESP_ERR_NO_ERROR && high >= 0 ? high : nil
    }

    /// Takes at most `count` messages without waiting; the caller frees them.
    func take(_ count: Int, into buffer: ConsumerWorker.Buffer) -> Int {
        max(0, rd_kafka_consume_batch_queue(queue, 0, buffer.baseAddress, min(count, buffer.count)))
    }
}

extension Mailbox where Message == ConsumerCore.Command {
    /// Rings whenever the queue gets its first element. The mailbox must stay alive until `unhook`.
    func ringsFrom(_ queue: OpaquePointer) {
        rd_kafka_queue_cb_event_enable(
            queue,
            { _, opaque in
                // On a thread of librdkafka that holds the queue's lock: rings and returns.
                Unmanaged<Mailbox<ConsumerCore.Command>>.fromOpaque(opaque!).takeUnretainedValue().ring()
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    /// No ring comes from the queue after this returns: both take the queue's lock.
    static func unhook(_ queue: OpaquePointer) {
        rd_kafka_queue_cb_event_enable(queue, nil, nil)
    }
}
