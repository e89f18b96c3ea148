import Catalog

/// What became of an edit under a running service.
package enum CampaignEvent: Sendable {
    /// The campaign's files have changed to a catalog that may be served now; or, after a refusal, back to
    /// the one that is. `notes` are what stands in the files and is not applied, one line each.
    case loaded(Catalog, notes: [String])
    /// The files cannot be used, or change what is frozen; each fault as `file: path: reason`. What was
    /// served before is good still.
    case refused([String])
    /// A file of the web directory has come, gone or been written. Told once after the start too, since
    /// nobody knows what was there when the pages were read.
    case webChanged
}

/// Looks at a campaign's files, and at those of the web directory, and tells what is to be done about them.
///
/// A change is taken when two looks in a row have found the same stamps and reading has not changed them, so
/// that a half-written edit is not: it is refused or loaded a look later, as a whole. A rewrite with the same
/// content is no change. Not a value of the loops: looking reads files.
package struct CampaignLook: Sendable {
    private let directory: String
    private let webRoot: String?
    private let environment: [String: String]
    private var serving: Catalog
    /// What was served before the catalog that was told of last.
    private var servedBefore: Catalog?
    /// The faults that were told last; empty = the files are good.
    private var refused: [String] = []
    private var campaignStamps = SettledValue<[FileStamp?]>()
    private var webTree = SettledValue<Result<FileTree, FileFault>>()

    /// - Parameters:
    ///   - directory: the campaign's.
    ///   - webRoot: the directory of pages; nil = there are none to look at.
    ///   - serving: the catalog that was loaded from `directory`.
    ///   - environment: what stands for `${NAME}` in endpoints.
    package init(directory: String, webRoot: String?, serving: Catalog, environment: [String: String]) {
        self.directory = directory.hasSuffix("/") ? String(directory.dropLast()) : directory
        self.webRoot = webRoot
        self.serving = serving
        self.environment = environment
    }

    /// One look; usually a few system calls and no event.
    package mutating func look() -> [CampaignEvent] {
        var events: [CampaignEvent] = []
        let stamps = stamps()
        if campaignStamps.look(stamps), let event = read(stamps) { events.append(event) }
        if let webRoot {
            let tree = Result { () throws(FileFault) in try FileTree(webRoot) }
            if webTree.look(tree) {
                webTree.take(tree)
                events.append(.webChanged)
            }
        }
        return events
    }

    private func stamps() -> [FileStamp?] {
        (CatalogLoader.fileNames + [CatalogLoader.modelFileName]).map {
            FileStamp(path: "\(directory)/\($0)")
        }
    }

    private mutating func read(_ before: [FileStamp?]) -> CampaignEvent? {
        let catalog: Catalog
        do throws(CampaignDirectory.Fault) {
            catalog = try CampaignDirectory.load(directory, environment: environment)
        } catch {
            guard stamps() == before else { return nil }
            switch error {
            case .file(let fault):
                // Not taken: what keeps a file from being read may pass without a trace in its stamp.
                return refuse([CatalogFault(file: fault.path, path: "", reason: fault.reason).description])
            case .catalog(let faults):
                campaignStamps.take(before)
                return refuse(faults.faults.map(\.description))
            }
        }
        guard stamps() == before else { return nil }
        campaignStamps.take(before)
        let accepted: CatalogChange.Accepted
        do throws(CatalogFaults) {
            accepted = try CatalogChange.check(from: serving, to: catalog, directory: directory)
        } catch {
            return refuse(error.faults.map(\.description))
        }
        guard catalog.contentHash != serving.contentHash || !refused.isEmpty else { return nil }
        refused = []
        servedBefore = serving
        serving = accepted.catalog
        return .loaded(accepted.catalog, notes: accepted.notes)
    }

    /// The catalog that was told of last is not served after all: what was served before is what the next
    /// edit is measured against, and the same files are read and told of again with the next look.
    package mutating func declined() {
        guard let before = servedBefore else { return }
        serving = before
        servedBefore = nil
        // So that files which go back to what is served are told of as well.
        refused = ["declined"]
        campaignStamps.forget()
    }

    /// The same faults again are not told again.
    private mutating func refuse(_ faults: [String]) -> CampaignEvent? {
        guard faults != refused else { return nil }
        refused = faults
        return .refused(faults)
    }
}
