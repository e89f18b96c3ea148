import CampaignFiles
import HTTPServer
import NIOCore

/// The files of StaticData/web, read once and served from memory.
///
/// A request names a key of a table and never a path of the file system, so that no request can reach outside
/// the directory. Keys are looked up as they were sent: they need no percent-encoding, so that one with any
/// is not found, and a cache in front holds each page under one name.
struct StaticPages: Sendable {
    static let maxFileBytes = 8 << 20
    static let maxBytes = 64 << 20
    /// Names are reused when files change, so caches ask again after a minute; meanwhile, and when this
    /// server is away, they may show what they have (RFC 5861).
    static let cacheControl = "public, max-age=60, stale-while-revalidate=60, stale-if-error=86400"

    private var pages: [String: Page] = [:]
    private var bytes = 0

    /// No page at all.
    init() {}

    /// - Parameter previous: what is the same there is taken over, and not compressed again.
    /// - Throws: where a file cannot be read, or there is more than the maxima allow.
    init(
        root: String, policy: PagePolicy = PagePolicy(claimsURL: ""), previous: StaticPages? = nil
    ) throws(FileFault) {
        for file in try FileTree(root).files { try take(file, policy, previous) }
        for (path, page) in pages where path.hasSuffix("/index.html") {
            pages[String(path.dropLast("index.html".count))] = page
        }
    }

    var count: Int { pages.count }

    /// Whether the same pages are at the same places.
    func isSame(as other: StaticPages) -> Bool {
        pages.count == other.pages.count && pages.allSatisfy { other.pages[$0]?.source == $1.source }
    }

    /// The answer to a request for a page; nil = there is none of that path.
    func response(to request: HTTPRequest) -> HTTPResponse? {
        let path = request.path
        if let page = pages[path] { return page.response(to: request) }
        return path.hasSuffix("/") ? nil : redirection(of: request, to: path + "/")
    }

    /// Of a directory that has an index to where its relative links work; the query goes along.
    private func redirection(of request: HTTPRequest, to path: String) -> HTTPResponse? {
        guard pages[path] != nil else { return nil }
        guard request.method == .get || request.method == .head else { return .methodNotAllowed("GET, HEAD") }
        let target = request.target
        let query = target.firstIndex(of: "?").map { target[$0...] } ?? ""
        return HTTPResponse(
            status: 308, headers: [("location", path + query), ("cache-control", "no-cache")])
    }

    private mutating func take(
        _ file: FileTree.File, _ policy: PagePolicy, _ previous: StaticPages?
    ) throws(FileFault) {
        let body = try FileBytes.read(file.path, most: Self.maxFileBytes)
        bytes += body.count
        guard bytes <= Self.maxBytes else {
            throw FileFault(path: file.path, reason: "is beyond \(Self.maxBytes) bytes in all")
        }
        let type = ContentTypes.of(file.key)
        let source = Page.Source(
            type: type, cacheControl: Self.cacheControl, fields: policy.fields(for: type),
            body: ByteBuffer(bytes: body))
        if let page = previous?.pages[file.key], page.source == source {
            pages[file.key] = page
            return
        }
        do throws(CompressionFault) {
            pages[file.key] = try Page(source)
        } catch {
            throw FileFault(path: file.path, reason: error.description)
        }
    }
}
