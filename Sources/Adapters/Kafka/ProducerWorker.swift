import CRdKafka
import Logging
import NIOCore

/// What the "kafka-produce" thread does: take reports, hand them over, replace a handle that is done for.
struct ProducerWorker {
    private let core: ProducerCore
    private var handle: ProducerHandle
    /// Replaced handles that still owe reports, or that a `produce` may still be inside of.
    private var retired: [ProducerHandle] = []
    /// One list a reporter, reused from round to round.
    private var batches: [[DeliveryReport]]
    private var touched: [Int] = []
    private var lastRenewalNs: UInt64?
    private var isFatal = false

    init(core: ProducerCore, handle: ProducerHandle) {
        self.core = core
        self.handle = handle
        batches = Array(repeating: [], count: core.reporters.count)
    }

    /// Returns when the producer is closed and its handles are free.
    mutating func run() {
        var closeAtNs: UInt64?
        while true {
            let wait = closeAtNs.map { min(ProducerCore.pollMs, MonotonicClock.remainingMs(until: $0)) }
            serve(handle, waitMs: wait ?? ProducerCore.pollMs)
            for command in core.commands.take(waitingUntilNs: 0) {
                switch command {
                case .reconnect(let bootstrap): renew(bootstrap: bootstrap)
                case .close(let deadlineNs): closeAtNs = deadlineNs
                }
            }
            lookForFatal()
            if isFatal, mayRenew { renew(bootstrap: nil) }
            serveRetired()
            if let closeAtNs, handle.outstanding == 0 || MonotonicClock.nowNs >= closeAtNs { break }
        }
        drain()
    }

    /// Asks the handle itself: the event that tells of a fatal error carries the error beneath it, not
    /// RD_KAFKA_RESP_ERR__FATAL.
    private mutating func lookForFatal() {
        guard !isFatal, let reason = handle.client.fatalFailure else { return }
        isFatal = true
        core.logger.error(
            "the Kafka producer has gone fatal and is replaced", metadata: ["reason": "\(reason)"])
    }

    private var mayRenew: Bool {
        guard let lastRenewalNs else { return true }
        return MonotonicClock.nowNs - lastRenewalNs >= UInt64(ProducerCore.renewalIntervalMs) * 1_000_000
    }

    /// Takes what the handle has to say, waiting for the first of it, and hands the reports over.
    private mutating func serve(_ handle: ProducerHandle, waitMs: Int32) {
        var taken = 0
        var wait = waitMs
        while taken < ProducerCore.maxReportsARound, let event = rd_kafka_queue_poll(handle.queue, wait) {
            wait = 0
            switch rd_kafka_event_type(event) {
            case RD_KAFKA_EVENT_DR:
                taken += rd_kafka_event_message_count(event)
                collect(event)
            case RD_KAFKA_EVENT_ERROR:
                note(event)
            default:
                break
            }
            rd_kafka_event_destroy(event)
        }
        handOver()
    }

    private mutating func collect(_ event: OpaquePointer) {
        while let message = rd_kafka_event_message_next(event) {
            let slip = ReportSlip(opaque: message.pointee._private)
            let error = message.pointee.err
            let failed = error != RD_KAFKA_RESP_ERR_NO_ERROR
            if batches[slip.reporter].isEmpty { touched.append(slip.reporter) }
            batches[slip.reporter].append(
                DeliveryReport(
                    token: slip.token,
                    failure: failed ? KafkaFailure(error) : nil,
                    mayBeInLog: !failed
                        || rd_kafka_message_status(message) != RD_KAFKA_MSG_STATUS_NOT_PERSISTED,
                    partition: message.pointee.partition,
                    offset: failed ? -1 : message.pointee.offset))
        }
    }

    private mutating func handOver() {
        for index in touched {
            let reports = batches[index]
            batches[index] = []
            let reporter = core.reporters[index]
            reporter.loop.execute { reporter.handler(reports) }
        }
        touched.removeAll(keepingCapacity: true)
    }

    private func note(_ event: OpaquePointer) {
        let text = String(cString: rd_kafka_event_error_string(event))
        core.logger.debug("Kafka producer", metadata: ["error": "\(text)"])
    }

    /// Puts a new handle in the old one's place; the old one is left to pay its reports.
    private mutating func renew(bootstrap: String?) {
        lastRenewalNs = MonotonicClock.nowNs
        do throws(KafkaFailure) {
            guard let fresh = try core.makeHandle(bootstrap: bootstrap) else { return }
            retired.append(handle)
            handle = fresh
            isFatal = false
        } catch {
            // Nothing is lost: produce keeps refusing, and the next round tries again.
            core.logger.error("no new Kafka producer", metadata: ["error": "\(error)"])
            isFatal = true
        }
    }

    /// Purges again each round: a `produce` that held the handle when it was replaced may queue one more.
    private mutating func serveRetired() {
        var index = 0
        while index < retired.count {
            if retired[index].outstanding > 0 {
                retired[index].purge()
                serve(retired[index], waitMs: 0)
            }
            if retired[index].outstanding == 0, isKnownUniquelyReferenced(&retired[index]) {
                retired.remove(at: index)
            } else {
                index += 1
            }
        }
    }

    /// The deadline has passed or nothing is left: the rest fails, within the time set aside for freeing.
    private mutating func drain() {
        retired.append(handle)
        let untilNs = MonotonicClock.deadlineNs(afterMs: ProducerCore.releaseMs / 2)
        for handle in retired {
            while handle.outstanding > 0, MonotonicClock.nowNs < untilNs {
                handle.purge()
                serve(handle, waitMs: 10)
            }
        }
    }
}
