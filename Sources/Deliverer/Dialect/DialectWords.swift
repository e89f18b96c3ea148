import Catalog
import Credentials
import HTTPClient
import Wire

/// What was understood of a game's entry, in the words of a line for people.
enum DialectWords {
    static func method(_ method: HTTPClientRequest.Method) -> String {
        switch method {
        case .get: "GET"
        case .post: "POST"
        case .put: "PUT"
        }
    }

    /// Which answers count as granted.
    static func answers(_ rules: AnswerRules?) -> String {
        guard let rules else { return "2xx granted, 409 already granted" }
        var parts: [String] = []
        if !rules.rules.isEmpty {
            let number = "\(rules.rules.count) rule\(rules.rules.count == 1 ? "" : "s")"
            parts.append("\(number), another value is \(rules.otherwise.rawValue)")
        }
        let isPlain = rules.rules.isEmpty
        if let success = rules.success.map(codes) ?? (isPlain ? "2xx" : nil) {
            parts.append("\(success) granted")
        }
        if let already = rules.alreadyGranted.map(codes) ?? (isPlain ? "409" : nil) {
            parts.append("\(already) already granted")
        }
        return parts.joined(separator: ", ")
    }

    /// `200, 202-204`.
    static func codes(_ set: StatusSet) -> String {
        set.ranges.map { range in
            range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)"
        }.joined(separator: ", ")
    }

    static func signature(_ scheme: SignatureScheme?, _ secrets: GameSecrets?, nowS: Int64) -> String {
        let name =
            switch scheme ?? .standardWebhooks {
            case .standardWebhooks: "Standard Webhooks"
            case .hmacQuery(let timestamp, let signature): "hmac-query in \(signature), \(timestamp)"
            }
        guard let secrets else { return name }
        let ending = secrets.endsS.filter { $0 != .max && $0 > nowS }.min()
        let end = ending.map { ", one until \(day($0))" } ?? ""
        return "\(name), \(secrets.count) secret\(secrets.count == 1 ? "" : "s")\(end)"
    }

    static func tls(_ game: Game, _ certificate: CertificateFacts?) -> String {
        guard game.endpoint.hasPrefix("https://") else { return "no TLS" }
        var words = "TLS"
        if game.tls?.caFile != nil { words += " by its own authorities" }
        if let certificate { words += ", our certificate until \(day(certificate.validToS))" }
        return words
    }

    static func version(_ version: HTTPClientRequest.Version) -> String {
        switch version {
        case .http1: "HTTP/1.1"
        case .http2Preferred: "HTTP/2 where offered"
        }
    }

    static func day(_ unixS: Int64) -> String {
        String(UTCTimestamp.rfc3339(unixMs: unixS * 1000).prefix(10))
    }
}
