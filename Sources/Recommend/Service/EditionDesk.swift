import CampaignFiles
import Catalog
import Logging
import NIOCore
import ServiceShell
import Synchronization

/// Brings edits of the campaign's files and of the pages to the loops, and tells of those that cannot be
/// served: in the log, in `/readyz` and in the metrics. What was served before stays served then.
///
/// `take` is called on the watch's thread, one event at a time; the rest from any thread.
final class EditionDesk: Sendable {
    private struct State {
        var served: RecommendLoop.Edition
        /// Why the campaign's files of now are not served; nil = they are.
        var refusedCatalog: String?
        /// The same of the pages.
        var refusedPages: String?

        var refusedEdit: String? {
            guard let refusedCatalog else { return refusedPages }
            return refusedPages.map { "\(refusedCatalog); \($0)" } ?? refusedCatalog
        }
    }

    private let webRoot: String?
    private let claimsURL: String
    private let loops: [RecommendLoop]
    private let readiness: ReadinessCheck
    private let logger: Logger
    private let meters = CatalogMeters()
    private let state: Mutex<State>

    init(
        settings: RecommendSettings, edition: RecommendLoop.Edition, loops: [RecommendLoop],
        readiness: ReadinessCheck, logger: Logger
    ) {
        webRoot = settings.webRoot
        claimsURL = settings.claimsURL
        self.loops = loops
        self.readiness = readiness
        self.logger = logger
        state = Mutex(State(served: edition))
        readiness.set(true, edition.catalog.contentHash)
    }

    var served: RecommendLoop.Edition { state.withLock { $0.served } }
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
            state.withLock {
                $0.refusedCatalog = faults.count > 1 ? "\(first) (and \(faults.count - 1) more)" : first
            }
            wasRefused()
        case .webChanged: servePages()
        }
    }

    /// The pages stay as they are: a bad one among them must not hold a pause back.
    private func serve(_ catalog: Catalog) {
        do throws(FileFault) {
            let edition = RecommendLoop.Edition(
                list: GiftList(catalog: catalog), pages: try served.pages.with(catalog))
            state.withLock { state in
                state.served = edition
                state.refusedCatalog = nil
            }
            adopt(edition)
        } catch {
            let fault = Self.text(error)
            logger.error("the catalog's edit is not served", metadata: ["fault": "\(fault)"])
            state.withLock { $0.refusedCatalog = fault }
            wasRefused()
        }
    }

    private func servePages() {
        let before = served
        do throws(FileFault) {
            let pages = try Pages(
                root: webRoot, catalog: before.catalog, claimsURL: claimsURL, previous: before.pages)
            let wasRefused = state.withLock { state in
                defer { state.refusedPages = nil }
                return state.refusedPages != nil
            }
            guard wasRefused || !pages.isSame(as: before.pages) else { return }
            let edition = RecommendLoop.Edition(list: before.list, pages: pages)
            state.withLock { $0.served = edition }
            adopt(edition)
        } catch {
            let fault = Self.text(error)
            logger.error("the pages' edit is not served", metadata: ["fault": "\(fault)"])
            state.withLock { $0.refusedPages = fault }
            wasRefused()
        }
    }

    private func adopt(_ edition: RecommendLoop.Edition) {
        for loop in loops { loop.loop.execute { loop.adopt(edition) } }
        meters.wasLoaded(isRefused: refusedEdit != nil)
        showReadiness()
        logger.notice(
            "edit served",
            metadata: [
                "content": "\(edition.catalog.contentHash)", "pages": "\(edition.pages.count)",
            ])
    }

    private func wasRefused() {
        meters.wasRefused()
        showReadiness()
    }

    /// Ready still: the old one is good. What is wrong stands beside it.
    private func showReadiness() {
        let hash = served.catalog.contentHash
        readiness.set(true, refusedEdit.map { "\(hash); an edit is not served: \($0)" } ?? hash)
    }

    private static func text(_ fault: FileFault) -> String {
        CatalogFault(file: fault.path, path: "", reason: fault.reason).description
    }
}
