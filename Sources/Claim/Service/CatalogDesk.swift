import CampaignFiles
import Catalog
import Kafka
import Logging
import Metrics
import NIOCore
import OrderLog
import ServiceShell
import Synchronization

/// Brings edits of the campaign's files to the loops, and tells of those that cannot be served: in the log,
/// in `/readyz` and in the metrics. What was served before stays served then.
///
/// `take` is called on the watch's thread, one event at a time, and may block there; the rest from any
/// thread.
final class CatalogDesk: Sendable {
    private struct State {
        var served: Catalog
        /// Why the files of now are not served; nil = they are.
        var refusedEdit: String?
    }

    /// How often the topics of games that were appended are asked for.
    private static let topicAttempts = 3

    private let loops: [ClaimLoop]
    private let kafka: KafkaClientOptions
    private let readiness: ReadinessCheck
    private let logger: Logger
    private let state: Mutex<State>
    private let loaded = Counter(label: "claim_catalog_reloads_total", dimensions: [("result", "loaded")])
    private let refused = Counter(label: "claim_catalog_reloads_total", dimensions: [("result", "refused")])
    private let isRefused = Gauge(label: "claim_catalog_refused")

    init(
        catalog: Catalog, loops: [ClaimLoop], kafka: KafkaClientOptions, readiness: ReadinessCheck,
        logger: Logger
    ) {
        self.loops = loops
        self.kafka = kafka
        self.readiness = readiness
        self.logger = logger
        state = Mutex(State(served: catalog))
        isRefused.record(0)
        readiness.set(true, catalog.contentHash)
    }

    var served: Catalog { state.withLock { $0.served } }
    /// Why something in the files is not served; nil = everything is.
    var refusedEdit: String? { state.withLock { $0.refusedEdit } }

    func take(_ event: CampaignEvent) {
        switch event {
        case .loaded(let catalog, let notes):
            for note in notes { logger.warning("not applied", metadata: ["reason": "\(note)"]) }
            serve(catalog)
        case .refused(let faults):
            for fault in faults {
                logger.error("the catalog's edit is not served", metadata: ["fault": "\(fault)"])
            }
            let first = faults.first ?? ""
            refuse(faults.count > 1 ? "\(first) (and \(faults.count - 1) more)" : first)
        case .webChanged: return
        }
    }

    private func serve(_ catalog: Catalog) {
        // Orders of a game that was appended need its topics before the first of them.
        if catalog.games.count > served.games.count, let failure = makeTopics(catalog) {
            logger.error("the catalog's edit is not served", metadata: ["fault": "\(failure)"])
            return refuse("kafka has no topics for the games that were added: \(failure); edit again")
        }
        state.withLock { state in
            state.served = catalog
            state.refusedEdit = nil
        }
        for loop in loops { loop.loop.execute { loop.adopt(catalog) } }
        loaded.increment()
        isRefused.record(0)
        readiness.set(true, catalog.contentHash)
        logger.notice("edit served", metadata: ["content": "\(catalog.contentHash)"])
    }

    private func makeTopics(_ catalog: Catalog) -> KafkaFailure? {
        var last: KafkaFailure?
        for _ in 0..<Self.topicAttempts {
            do throws(KafkaFailure) {
                try CampaignTopics.ensure(catalog, options: kafka, timeoutMs: 5000, logger: logger)
                return nil
            } catch {
                last = error
            }
        }
        return last
    }

    /// Ready still: the old one is good. What is wrong stands beside it.
    private func refuse(_ why: String) {
        state.withLock { $0.refusedEdit = why }
        refused.increment()
        isRefused.record(1)
        readiness.set(true, "\(served.contentHash); an edit is not served: \(why)")
    }
}
