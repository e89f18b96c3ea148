import CampaignFiles
import Catalog
import Logging
import Metrics
import NIOPosix
import ServiceShell
import Synchronization

/// Brings edits of the campaign's files to a running service, and tells of those that cannot be served: in
/// the log, in `/readyz` (`catalog`) and in the metrics. What was served before stays served then, and the
/// process stays ready.
///
/// Edits come one at a time on the watch's thread, where ``Serve`` may block; the rest from any thread.
package final class CatalogFollower: Sendable {
    /// Why the service cannot serve an edit that is valid by itself: a file beside it is missing, topics
    /// cannot be made. It is tried again every 0.4 s until it can, or the files change again.
    package struct Refusal: Error, Sendable, Equatable {
        package let reason: String

        package init(_ reason: String) { self.reason = reason }
    }

    /// Takes the new catalog to where it is served.
    ///
    /// - Returns: what people should know of it (something in it needs a restart); nil: nothing.
    package typealias Serve = @Sendable (_ new: Catalog, _ served: Catalog) throws(Refusal) -> String?

    private struct State {
        var served: Catalog
        /// Why the files of now are not served; nil = they are.
        var refusedEdit: String?
    }

    private let serve: Serve
    private let refuse: @Sendable () -> Void
    private let readiness: ReadinessCheck
    private let logger: Logger
    private let state: Mutex<State>
    private let loaded: Metrics.Counter
    private let refused: Metrics.Counter
    private let isRefused: Gauge

    /// - Parameters:
    ///   - counter: the name of the counter of edits, by `result`: loaded or refused.
    ///   - gauge: the name of the gauge that is 1 while the files of now are not served.
    ///   - onRefusal: told of every edit that ``Serve`` refuses, while what was served before stays.
    package init(
        _ context: ServiceContext, serving: Catalog, counter: String, gauge: String,
        onRefusal: @escaping @Sendable () -> Void = {}, serve: @escaping Serve
    ) {
        self.serve = serve
        refuse = onRefusal
        readiness = context.readiness.check("catalog")
        logger = context.logger
        state = Mutex(State(served: serving))
        loaded = Counter(label: counter, dimensions: [("result", "loaded")])
        refused = Counter(label: counter, dimensions: [("result", "refused")])
        isRefused = Gauge(label: gauge)
        isRefused.record(0)
        readiness.set(true, serving.contentHash)
    }

    package var served: Catalog { state.withLock { $0.served } }
    /// Why something in the files is not served; nil = everything is.
    package var refusedEdit: String? { state.withLock { $0.refusedEdit } }

    /// Follows the files of `directory` from its start to its stop.
    package func part(directory: String) -> ServicePart {
        let watch = CampaignWatch(
            CampaignLook(
                directory: directory, webRoot: nil, serving: served,
                environment: CampaignDirectory.processEnvironment),
            serve: { [self] event in take(event) })
        return ServicePart(
            "catalog", start: { watch.start() },
            stop: { try? await NIOThreadPool.singleton.runIfActive { watch.stop() } })
    }

    /// Returns false for a catalog that is to be brought again.
    package func take(_ event: CampaignEvent) -> Bool {
        switch event {
        case .loaded(let catalog, let notes): return take(catalog, notes)
        case .refused(let faults):
            for fault in faults {
                logger.error("the catalog's edit is not served", metadata: ["fault": "\(fault)"])
            }
            let first = faults.first ?? ""
            tell(faults.count > 1 ? "\(first) (and \(faults.count - 1) more)" : first)
            return true
        case .webChanged: return true
        }
    }

    private func take(_ catalog: Catalog, _ notes: [String]) -> Bool {
        let remark: String?
        do throws(Refusal) {
            remark = try serve(catalog, served)
        } catch {
            // Said once: it comes back with every look.
            guard error.reason != refusedEdit else { return false }
            logger.error("the catalog's edit is not served", metadata: ["fault": "\(error.reason)"])
            tell(error.reason)
            refuse()
            return false
        }
        for note in notes { logger.warning("not applied", metadata: ["reason": "\(note)"]) }
        state.withLock { state in
            state.served = catalog
            state.refusedEdit = nil
        }
        loaded.increment()
        isRefused.record(0)
        readiness.set(true, remark.map { "\(catalog.contentHash); \($0)" } ?? catalog.contentHash)
        logger.notice("edit served", metadata: ["content": "\(catalog.contentHash)"])
        if let remark { logger.warning("edit served in part", metadata: ["why": "\(remark)"]) }
        return true
    }

    /// Ready still: the old one is good. What is wrong stands beside it.
    private func tell(_ why: String) {
        state.withLock { $0.refusedEdit = why }
        refused.increment()
        isRefused.record(1)
        readiness.set(true, "\(served.contentHash); an edit is not served: \(why)")
    }
}
