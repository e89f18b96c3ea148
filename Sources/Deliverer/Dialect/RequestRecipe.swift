import Catalog
import Credentials
import HTTPClient

/// How a game's requests are made, compiled once from its entry in the catalog.
struct RequestRecipe {
    enum Body {
        case standard
        case template(OrderTemplate)
        /// Encoded, without what a signature adds.
        case form(OrderTemplate)
        case empty
    }

    /// Where a signature over parameters goes, and the text it is made over.
    struct SignedQuery {
        let delivery: OrderTemplate
        let query: OrderTemplate
        /// `ts=` and `&sig=`, the encoded names.
        let timestamp: [UInt8]
        let signature: [UInt8]
    }

    /// An answer that rules look into is kept up to here, in bytes; else as much as a dead letter shows.
    static let ruledAnswerBytes = 16_384
    static let answerBytes = 512

    let method: HTTPClientRequest.Method
    /// The endpoint where it names no field of an order.
    let fixedURL: String?
    let url: OrderTemplate
    let body: Body
    /// The content type and those of the dialect.
    let headers: [String]
    let maxAnswerBytes: Int
    let queryMethod: HTTPClientRequest.Method
    let queryURL: OrderTemplate?
    let queryHeaders: [String]
    let maxQueryAnswerBytes: Int
    let signedQuery: SignedQuery?
    /// Nil: as the system trusts.
    let tls: HTTPClientTLS?
    let version: HTTPClientRequest.Version

    init(_ game: Game, secretsDirectory: String) {
        let dialect = game.dialect
        url = Self.template(game.endpoint)
        fixedURL = url.fixed == nil ? nil : game.endpoint
        queryURL = game.queryEndpoint.map(Self.template)
        method = Self.method(dialect?.method ?? .post)
        queryMethod = Self.method(dialect?.query?.method ?? .get)
        queryHeaders = dialect?.headers ?? []
        var contentType: [String] = []
        switch dialect?.body ?? .standard {
        case .standard:
            body = .standard
            contentType = ["content-type: application/json"]
        case .template(let template):
            body = .template(template)
            contentType = ["content-type: application/json"]
        case .form(let parameters):
            body = .form(Self.encoded(parameters))
            contentType = ["content-type: application/x-www-form-urlencoded"]
        case .empty: body = .empty
        }
        headers = contentType + queryHeaders
        maxAnswerBytes = dialect?.answers.readsBodies == true ? Self.ruledAnswerBytes : Self.answerBytes
        maxQueryAnswerBytes = dialect?.query == nil ? 1_024 : Self.ruledAnswerBytes
        signedQuery = dialect.flatMap { Self.signedQuery(game, $0) }
        tls = game.tls.map { tls in
            func path(_ name: String?) -> String? { name.map { "\(secretsDirectory)/\($0)" } }
            return HTTPClientTLS(
                authorities: path(tls.caFile), certificate: path(tls.certificateFile),
                key: path(tls.keyFile))
        }
        version = game.tls?.http2 == true ? .http2Preferred : .http1
    }

    /// Whether it makes signatures of this recipe's scheme.
    func fits(_ signer: GameSigner) -> Bool {
        switch signer {
        case .webhook: signedQuery == nil
        case .query: signedQuery != nil
        }
    }

    /// Gives a request the game's certificates and version of HTTP.
    func secure(_ request: inout HTTPClientRequest) {
        request.tls = tls
        request.version = version
    }

    private static func method(_ method: DeliveryMethod) -> HTTPClientRequest.Method {
        switch method {
        case .post: .post
        case .put: .put
        case .get: .get
        }
    }

    private static func template(_ url: String) -> OrderTemplate { OrderTemplate(checkedURL: url) }

    /// `name=value` joined with `&`, names and literals percent-encoded.
    private static func encoded(_ parameters: [DialectParameter]) -> OrderTemplate {
        var parts: [OrderTemplate.Part] = []
        for (index, parameter) in parameters.enumerated() {
            var start: [UInt8] = index == 0 ? [] : [UInt8(ascii: "&")]
            OrderTemplate.append(Array(parameter.name.utf8), .percent, to: &start)
            parts.append(.literal(start + [UInt8(ascii: "=")]))
            for part in parameter.value.parts {
                guard case .literal(let bytes) = part else {
                    parts.append(part)
                    continue
                }
                var literal: [UInt8] = []
                OrderTemplate.append(bytes, .percent, to: &literal)
                parts.append(.literal(literal))
            }
        }
        return OrderTemplate(parts: parts)
    }

    private static func signedQuery(_ game: Game, _ dialect: GameDialect) -> SignedQuery? {
        guard case .hmacQuery(let timestamp, let signature) = dialect.signature else { return nil }
        let stamp = DialectParameter(
            name: timestamp, value: OrderTemplate(parts: [.field(.timestamp)]))
        func source(_ url: String, _ form: [DialectParameter]) -> OrderTemplate {
            SignedParameters.source(SignedParameters(checked: url).parameters + form + [stamp])
        }
        var form: [DialectParameter] = []
        if case .form(let parameters) = dialect.body { form = parameters }
        func name(_ text: String, before: String) -> [UInt8] {
            var bytes = Array(before.utf8)
            OrderTemplate.append(Array(text.utf8), .percent, to: &bytes)
            return bytes + [UInt8(ascii: "=")]
        }
        return SignedQuery(
            delivery: source(game.endpoint, form),
            query: game.queryEndpoint.map { source($0, []) } ?? OrderTemplate(parts: []),
            timestamp: name(timestamp, before: ""), signature: name(signature, before: "&"))
    }
}
