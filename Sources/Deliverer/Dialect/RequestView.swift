import HTTPClient

/// A request as it may be shown to people: signatures, and what is named as a secret, by their length only.
struct RequestView {
    let url: String
    /// `name: value`.
    let headers: [String]
    let body: String

    /// Digits of a signature over parameters, which is the last of them.
    private static let signatureDigits = 64
    /// A header or parameter whose name holds one of these is not shown.
    private static let secretive = ["secret", "token", "password", "passwd", "auth", "apikey", "api-key"]
    private static let secretEndings = ["key", "sig", "sign", "signature"]

    init(_ request: HTTPClientRequest, _ recipe: RequestRecipe, isQuery: Bool = false) {
        var url = request.url
        var body = String(decoding: request.body, as: UTF8.self)
        if recipe.signedQuery != nil {
            if !isQuery, case .form = recipe.body {
                body = Self.hidingEnd(of: body)
            } else {
                url = Self.hidingEnd(of: url)
            }
        }
        if case .form = recipe.body { body = Self.hidingParameters(in: body) }
        self.url = Self.hidingQuery(of: url)
        self.body = body
        headers = request.headerLines.map(Self.hiding)
    }

    private static func hidden(_ text: some StringProtocol) -> String { "(\(text.utf8.count) bytes)" }

    private static func hidingEnd(of text: String) -> String {
        let end = text.suffix(signatureDigits)
        return text.dropLast(signatureDigits) + hidden(end)
    }

    private static func isSecret(_ name: some StringProtocol) -> Bool {
        let name = name.lowercased()
        return secretive.contains(where: name.contains) || secretEndings.contains(where: name.hasSuffix)
    }

    private static func hiding(_ header: String) -> String {
        let parts = header.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return header }
        let value = parts[1].drop { $0 == " " }
        if parts[0].lowercased() == "webhook-signature" {
            let signatures = value.split(separator: " ").map { signature in
                let sides = signature.split(separator: ",", maxSplits: 1)
                return sides.count == 2 ? "\(sides[0]),\(hidden(sides[1]))" : hidden(signature)
            }
            return "\(parts[0]): \(signatures.joined(separator: " "))"
        }
        return isSecret(parts[0]) ? "\(parts[0]): \(hidden(value))" : header
    }

    private static func hidingQuery(of url: String) -> String {
        guard let mark = url.firstIndex(of: "?") else { return url }
        let start = url.index(after: mark)
        return url[..<start] + hidingParameters(in: String(url[start...]))
    }

    private static func hidingParameters(in text: String) -> String {
        text.split(separator: "&", omittingEmptySubsequences: false).map { pair in
            guard let equals = pair.firstIndex(of: "="), isSecret(pair[..<equals]) else {
                return String(pair)
            }
            let value = pair[pair.index(after: equals)...]
            // The signature itself, hidden before.
            return value.hasSuffix(" bytes)") ? String(pair) : "\(pair[..<equals])=\(hidden(value))"
        }.joined(separator: "&")
    }
}
