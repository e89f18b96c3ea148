/// Types of files by the ends of their names.
enum ContentTypes {
    private static let byEnding = [
        "html": html, "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8",
        "mjs": "text/javascript; charset=utf-8", "svg": svg, "json": json,
        "webmanifest": "application/manifest+json", "xml": "application/xml",
        "txt": "text/plain; charset=utf-8", "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg",
        "webp": "image/webp", "avif": "image/avif", "gif": "image/gif", "ico": "image/x-icon",
        "woff2": "font/woff2",
    ]

    static let html = "text/html; charset=utf-8"
    static let svg = "image/svg+xml"
    static let json = "application/json"

    /// The type of a file; bytes and nothing more when its ending says nothing.
    static func of(_ path: String) -> String {
        let ending = path.split(separator: ".").last.map { $0.lowercased() } ?? ""
        return byEnding[ending] ?? "application/octet-stream"
    }

    /// What compressors make smaller; the others are compressed as they are, or unknown.
    static func isText(_ type: String) -> Bool {
        type.hasPrefix("text/") || type.hasSuffix("json") || type.hasSuffix("xml")
    }
}
