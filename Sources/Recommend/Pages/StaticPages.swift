import CampaignFiles
import Catalog
import Glibc
import HTTPServer

/// The files of StaticData/web, read once and served from memory.
///
/// A request names a key of a table and never a path of the file system, so that no request can reach outside
/// the directory. Links, dot files and names beyond letters, digits, `.`, `_`, `-` are not taken in.
struct StaticPages: Sendable {
    static let maxFiles = 1000
    static let maxFileBytes = 8 << 20
    static let maxBytes = 64 << 20
    private static let maxDepth = 8

    private struct Page: Sendable {
        let type: String
        let tag: String
        let body: [UInt8]
    }

    private var pages: [String: Page] = [:]
    private var bytes = 0

    /// No page at all.
    init() {}

    /// - Throws: where a file cannot be read, or there is more than the maxima allow.
    init(root: String) throws(FileFault) {
        try take(root, below: "/", depth: 0)
        for (path, page) in pages where path.hasSuffix("/index.html") {
            pages[String(path.dropLast("index.html".count))] = page
        }
    }

    var count: Int { pages.count }

    /// The answer to GET or HEAD of a page; nil = there is none of that path.
    func response(to request: HTTPRequest) -> HTTPResponse? {
        guard let page = pages[request.path] else { return nil }
        guard request.method == .get || request.method == .head else { return .methodNotAllowed("GET, HEAD") }
        var headers = [
            ("etag", page.tag), ("cache-control", "public, max-age=60"),
            ("x-content-type-options", "nosniff"),
        ]
        if request.header("if-none-match").map({ Self.matches($0, page.tag) }) ?? false {
            return HTTPResponse(status: 304, headers: headers)
        }
        if page.type.hasPrefix("text/html") || page.type.hasPrefix("image/svg") {
            // Pages carry tickets in their URLs and load nothing from elsewhere.
            headers.append(("content-security-policy", Self.policy))
            headers.append(("referrer-policy", "no-referrer"))
        }
        return HTTPResponse(status: 200, contentType: page.type, headers: headers, body: .bytes(page.body))
    }

    private static let policy =
        "default-src 'self'; connect-src *; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
        + "object-src 'none'; base-uri 'none'; frame-ancestors 'none'"

    private static func matches(_ field: String, _ tag: String) -> Bool {
        field.split(separator: ",").contains { entry in
            let entry = entry.drop { $0 == " " }
            return entry == "*" || entry == tag || entry.dropFirst(2) == tag
        }
    }

    // MARK: - Reading

    private mutating func take(_ directory: String, below prefix: String, depth: Int) throws(FileFault) {
        guard depth < Self.maxDepth else {
            throw FileFault(path: directory, reason: "is nested more than \(Self.maxDepth) deep")
        }
        for name in try DirectoryNames.list(directory) where Self.isPlain(name) {
            let path = "\(directory)/\(name)"
            var status = stat()
            guard lstat(path, &status) == 0 else {
                throw FileFault(path: path, reason: String(cString: strerror(errno)))
            }
            switch status.st_mode & S_IFMT {
            case S_IFDIR: try take(path, below: "\(prefix)\(name)/", depth: depth + 1)
            case S_IFREG: try takeFile(path, as: prefix + name)
            default: continue
            }
        }
    }

    private mutating func takeFile(_ path: String, as key: String) throws(FileFault) {
        let body = try FileBytes.read(path, most: Self.maxFileBytes)
        bytes += body.count
        guard pages.count < Self.maxFiles, bytes <= Self.maxBytes else {
            throw FileFault(
                path: path, reason: "is beyond \(Self.maxFiles) files or \(Self.maxBytes) bytes in all")
        }
        pages[key] = Page(
            type: Self.type(of: key), tag: "\"\(ContentHash.hex([body]))\"", body: body)
    }

    private static func isPlain(_ name: String) -> Bool {
        name.utf8.allSatisfy { byte in
            (0x61...0x7a).contains(byte) || (0x41...0x5a).contains(byte) || (0x30...0x39).contains(byte)
                || "._-".utf8.contains(byte)
        }
    }

    private static let types = [
        "html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8",
        "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml", "png": "image/png",
        "jpg": "image/jpeg", "webp": "image/webp", "ico": "image/x-icon", "json": "application/json",
        "txt": "text/plain; charset=utf-8", "woff2": "font/woff2",
    ]

    private static func type(of key: String) -> String {
        let ending = key.split(separator: ".").last.map(String.init) ?? ""
        return types[ending] ?? "application/octet-stream"
    }
}
