/// How one game is spoken to where that differs from the standard contract: `POST` of the standard JSON body,
/// signed after Standard Webhooks, judged by its status.
///
/// Compiled when the catalog is loaded. A class, so that a `Game` without one carries an empty pointer and
/// nothing else; immutable.
package final class GameDialect: Sendable, Equatable {
    package let method: DeliveryMethod
    package let body: DeliveryBody
    /// Further headers of every request, `name: value`.
    package let headers: [String]
    package let signature: SignatureScheme
    package let answers: AnswerRules
    /// nil: the query's answer is the standard one.
    package let query: QueryDialect?

    package init(
        method: DeliveryMethod = .post, body: DeliveryBody = .standard, headers: [String] = [],
        signature: SignatureScheme = .standardWebhooks, answers: AnswerRules = AnswerRules(),
        query: QueryDialect? = nil
    ) {
        self.method = method
        self.body = body
        self.headers = headers
        self.signature = signature
        self.answers = answers
        self.query = query
    }

    package static func == (left: GameDialect, right: GameDialect) -> Bool {
        left === right
            || left.method == right.method && left.body == right.body && left.headers == right.headers
                && left.signature == right.signature && left.answers == right.answers
                && left.query == right.query
    }
}

package enum DeliveryMethod: String, CaseIterable, Sendable {
    case post = "POST"
    case put = "PUT"
    case get = "GET"
}

package enum DeliveryBody: Sendable, Equatable {
    /// `{"order","user","region","role","gift","amount","items"}`.
    case standard
    /// `application/x-www-form-urlencoded`, in this order. Names and literals are not yet encoded.
    case form([DialectParameter])
    /// JSON with fields in it.
    case template(OrderTemplate)
    /// With GET.
    case empty
}

/// One `name=value` of a form or a URL's query, neither of them encoded.
package struct DialectParameter: Sendable, Equatable {
    package let name: String
    package let value: OrderTemplate

    package init(name: String, value: OrderTemplate) {
        self.name = name
        self.value = value
    }
}

package enum SignatureScheme: Sendable, Equatable {
    /// Standard Webhooks 1.0: three headers, over ID, timestamp and body.
    case standardWebhooks
    /// Over all parameters, in one of them; see `QuerySigner`. The names of that with the Unix seconds and of
    /// that with the signature.
    case hmacQuery(timestamp: String, signature: String)
}

/// How the query URL is asked and what it says.
package struct QueryDialect: Sendable, Equatable {
    package enum Meaning: String, CaseIterable, Sendable {
        case granted
        case notGranted = "not_granted"
    }

    /// GET or POST, the latter with an empty body.
    package let method: DeliveryMethod
    /// The first that matches counts; where none does the game has said nothing and is asked again.
    package let rules: [AnswerRule<Meaning>]

    package init(method: DeliveryMethod = .get, rules: [AnswerRule<Meaning>]) {
        self.method = method
        self.rules = rules
    }
}

/// The files of a game's TLS, relative to the directory of its secrets, and whether HTTP/2 is offered.
package struct GameTLS: Sendable, Equatable {
    /// PEM: who signs the game's certificate; nil = the system's authorities.
    package let caFile: String?
    /// PEM: what is shown to the game, with `keyFile`.
    package let certificateFile: String?
    package let keyFile: String?
    package let http2: Bool

    package init(
        caFile: String? = nil, certificateFile: String? = nil, keyFile: String? = nil, http2: Bool = false
    ) {
        self.caFile = caFile
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        self.http2 = http2
    }
}
