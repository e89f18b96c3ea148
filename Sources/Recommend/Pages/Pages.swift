import CampaignFiles
import Catalog
import HTTPServer

/// All that Recommend serves to everybody alike: the files of StaticData/web, the campaign's document, and
/// the catalog's under its hash.
///
/// A value to be made off the loops, since it reads files and compresses, and then given to each of them.
struct Pages: Sendable {
    /// Documents of catalogs that are kept, the newest included: who read the campaign's document just before
    /// it changed still finds the catalog that it names.
    static let maxCatalogs = 4

    private let files: StaticPages
    private let claimsURL: String
    private let campaign: Page
    /// The newest first.
    private let catalogs: [CatalogDocument]

    /// - Parameters:
    ///   - root: the directory of the files; nil = none.
    ///   - claimsURL: Claim's base URL, told to pages and allowed to them; empty = not told.
    ///   - previous: what was served until now; what is the same is taken over and not compressed again.
    /// - Throws: where a file cannot be read, or there is more than the maxima allow.
    init(root: String?, catalog: Catalog, claimsURL: String, previous: Pages? = nil) throws(FileFault) {
        let policy = PagePolicy(claimsURL: claimsURL)
        let files: StaticPages
        if let root {
            files = try StaticPages(root: root, policy: policy, previous: previous?.files)
        } else {
            files = StaticPages()
        }
        try self.init(files: files, catalog: catalog, claimsURL: claimsURL, known: previous?.catalogs ?? [])
    }

    private init(
        files: StaticPages, catalog: Catalog, claimsURL: String, known: [CatalogDocument]
    ) throws(FileFault) {
        self.files = files
        self.claimsURL = claimsURL
        do throws(CompressionFault) {
            let newest = try CatalogDocument(catalog, known: known)
            catalogs = [newest] + known.filter { $0.path != newest.path }.prefix(Self.maxCatalogs - 1)
            campaign = try CampaignDocument.page(
                catalog.campaign, catalogPath: newest.path, claimsURL: claimsURL)
        } catch {
            throw FileFault(path: CampaignDocument.path, reason: error.description)
        }
    }

    /// The same files with another catalog; nothing is read, so that no fault of a file keeps a pause
    /// waiting.
    ///
    /// - Throws: only when a compressor finds no memory.
    func with(_ catalog: Catalog) throws(FileFault) -> Pages {
        try Pages(files: files, catalog: catalog, claimsURL: claimsURL, known: catalogs)
    }

    /// Paths that are answered.
    var count: Int { files.count + catalogs.count + 1 }

    /// `/catalog/<hash>.json` of the catalog that is served.
    var catalogPath: String { catalogs[0].path }

    /// Whether every path is answered alike, so that nothing need be swapped.
    func isSame(as other: Pages) -> Bool {
        files.isSame(as: other.files) && campaign.source == other.campaign.source
            && catalogs.map(\.path) == other.catalogs.map(\.path)
    }

    /// The answer to a request for a page; nil = there is none of that path.
    func response(to request: HTTPRequest) -> HTTPResponse? {
        let path = request.path
        if path == CampaignDocument.path { return campaign.response(to: request) }
        guard path.hasPrefix(CatalogDocument.folder) else { return files.response(to: request) }
        if let document = catalogs.first(where: { $0.path == path }) {
            return document.page.response(to: request)
        }
        // Another process may have it already: no cache may remember that this one has not.
        return files.response(to: request)
            ?? .problem(status: 404, headers: [("cache-control", "no-store")])
    }
}
