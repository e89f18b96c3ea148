import Catalog
import HTTPServer
import NIOCore

/// One page, ready to be sent in each of its forms: fields and bodies are made once, a hit shares them.
///
/// What it promises to caches (RFC 9110, RFC 9111):
/// - Each form has a strong tag of its own, made from the form's bytes, so that a cache that holds one form
///   never takes a part of another for it, not even when another process compresses with another version.
/// - A page that is kept compressed too is chosen by `Accept-Encoding` and says so in `Vary`; when nothing
///   kept is acceptable, 406. A page in one form takes no notice of that field, as section 12.4.1 allows.
/// - `Range` counts bytes of the form that was selected, as section 14 has it: who wants parts of the file as
///   it is on disk does not ask for compression. Only GET has ranges.
final class Page: Sendable {
    /// What a page is made of; the same again makes the same page.
    struct Source: Sendable, Equatable {
        let type: String
        let cacheControl: String
        /// Further fields of the whole and its parts, names in lower case.
        let fields: [Field]
        let body: ByteBuffer
    }

    struct Field: Sendable, Equatable {
        let name: String
        let value: String
    }

    private struct Form: Sendable {
        let coding: ContentCoding
        let tag: [UInt8]
        let body: ByteBuffer
        let headers: [(String, String)]
        /// Those of 304.
        let unchanged: [(String, String)]
    }

    let source: Source
    /// The smallest first, the plain one last.
    private let forms: [Form]
    private let vary: [(String, String)]

    /// Compresses where that is worth anything: texts, and only what gets smaller.
    init(_ source: Source) throws(CompressionFault) {
        self.source = source
        var bodies = [(ContentCoding.identity, source.body)]
        if ContentTypes.isText(source.type) {
            for (coding, body) in try Self.compressed(source.body)
            where body.count < source.body.readableBytes {
                bodies.append((coding, ByteBuffer(bytes: body)))
            }
        }
        bodies.sort { $0.1.readableBytes < $1.1.readableBytes }
        let vary = bodies.count == 1 ? [] : [("vary", "accept-encoding")]
        self.vary = vary
        forms = bodies.map { coding, body in Self.form(source, coding, body, vary) }
    }

    private static func compressed(
        _ body: ByteBuffer
    ) throws(CompressionFault) -> [(ContentCoding, [UInt8])] {
        let bytes = [UInt8](body.readableBytesView)
        // Typed throws do not come through the buffer's closure.
        let coded = bytes.withUnsafeBufferPointer { input in
            Result { () throws(CompressionFault) in
                [
                    (ContentCoding.brotli, try BrotliEncoder.encode(input)),
                    (.gzip, try GzipEncoder.encode(input)),
                ]
            }
        }
        return try coded.get()
    }

    private static func form(
        _ source: Source, _ coding: ContentCoding, _ body: ByteBuffer, _ vary: [(String, String)]
    ) -> Form {
        let tag = "\"\(ContentHash.hex([[UInt8](body.readableBytesView)]))\""
        let unchanged = [("etag", tag), ("cache-control", source.cacheControl)] + vary
        var headers = unchanged + [("accept-ranges", "bytes"), ("x-content-type-options", "nosniff")]
        switch coding {
        case .identity: break
        case .gzip: headers.append(("content-encoding", "gzip"))
        case .brotli: headers.append(("content-encoding", "br"))
        }
        headers += source.fields.map { ($0.name, $0.value) }
        return Form(
            coding: coding, tag: Array(tag.utf8), body: body, headers: headers, unchanged: unchanged)
    }

    // MARK: - Answering

    /// The answer to any request for the page. The order of conditions is that of RFC 9110 section 13.2.2.
    func response(to request: HTTPRequest) -> HTTPResponse {
        guard request.method == .get || request.method == .head else { return .methodNotAllowed("GET, HEAD") }
        guard let form = form(for: request) else { return .problem(status: 406, headers: vary) }
        if let field = request.header("if-match"), !EntityTags.isListed(form.tag, in: field, .strong) {
            return .problem(status: 412, headers: vary)
        }
        if let field = request.header("if-none-match"), EntityTags.isListed(form.tag, in: field, .weak) {
            return HTTPResponse(status: 304, headers: form.unchanged)
        }
        if request.method == .get, let field = request.header("range") {
            switch ByteRange(field, length: form.body.readableBytes) {
            case .whole: break
            case .part(let range) where isStillThat(form, request): return part(range, of: form)
            case .unsatisfiable where isStillThat(form, request):
                let length = "bytes */\(form.body.readableBytes)"
                return .problem(status: 416, headers: vary + [("content-range", length)])
            case .part, .unsatisfiable: break
            }
        }
        return HTTPResponse(
            status: 200, contentType: source.type, headers: form.headers, body: .buffer(form.body))
    }

    /// The form that the client likes best, of equals the smallest; nil = it takes none.
    private func form(for request: HTTPRequest) -> Form? {
        guard forms.count > 1 else { return forms[0] }
        guard let field = request.header("accept-encoding") else { return forms.last }
        let accepted = AcceptEncoding(field)
        var best: (form: Form, preference: Int)?
        for form in forms {
            let preference = accepted.preference(form.coding)
            if preference > best?.preference ?? -1 { best = (form, preference) }
        }
        return best?.form
    }

    /// Without `If-Range`, or with this form's tag in it, a part may be sent; otherwise the whole is.
    private func isStillThat(_ form: Form, _ request: HTTPRequest) -> Bool {
        request.header("if-range").map { EntityTags.isCurrent(form.tag, ifRange: $0) } ?? true
    }

    private func part(_ range: Range<Int>, of form: Form) -> HTTPResponse {
        let body = form.body.getSlice(at: form.body.readerIndex + range.lowerBound, length: range.count)
        guard let body else { preconditionFailure("a range beyond its form") }
        let place = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(form.body.readableBytes)"
        return HTTPResponse(
            status: 206, contentType: source.type, headers: form.headers + [("content-range", place)],
            body: .buffer(body))
    }
}
