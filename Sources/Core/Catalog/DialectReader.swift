import Wire

/// Reads `dialect` of a game's entry. What it returns counts only where no fault was found.
struct DialectReader {
    private enum SchemeName: String, CaseIterable {
        case standardWebhooks = "standard-webhooks"
        case hmacQuery = "hmac-query"
    }

    /// The entry's `endpoint` and `queryEndpoint`, where they could be read.
    let endpoint: String?
    let queryEndpoint: String?
    let faults: FaultList

    func read(_ dialect: inout JSONSection) -> GameDialect? {
        let method = optional("method", &dialect, or: .post) { $0.choice("method", of: DeliveryMethod.self) }
        let body = body(&dialect, method: method ?? .post)
        let headers = headers(&dialect, body: body)
        let answers = AnswerRulesReader(faults: faults).answers(&dialect)
        let signature = signature(&dialect, body: body)
        let query = query(&dialect)
        dialect.finish()
        guard let method, let body, let headers, let answers, let signature else { return nil }
        return GameDialect(
            method: method, body: body, headers: headers, signature: signature, answers: answers,
            query: query)
    }

    private func optional<Value>(
        _ key: String, _ section: inout JSONSection, or standard: Value,
        _ read: (inout JSONSection) -> Value?
    ) -> Value? {
        section.optionalValue(key) == nil ? standard : read(&section)
    }

    // MARK: - The body

    private func body(_ dialect: inout JSONSection, method: DeliveryMethod) -> DeliveryBody? {
        guard dialect.optionalValue("body") != nil else { return method == .get ? .empty : .standard }
        let place = dialect.place("body")
        guard var section = dialect.section("body") else { return nil }
        defer { section.finish() }
        if method == .get {
            faults.add(place, "GET has no body")
            _ = (section.optionalValue("form"), section.optionalValue("template"))
            return nil
        }
        switch (section.optionalValue("form"), section.optionalValue("template")) {
        case (.some, nil): return form(&section)
        case (nil, .some): return template(&section)
        default:
            faults.add(place, "must hold either form or template")
            return nil
        }
    }

    private func form(_ body: inout JSONSection) -> DeliveryBody? {
        guard var fields = body.section("form") else { return nil }
        guard fields.keys.count <= CatalogLimits.dialectParameters else {
            faults.add(fields.path, "must have at most \(CatalogLimits.dialectParameters) fields")
            return nil
        }
        var parameters: [DialectParameter] = []
        for name in fields.keys {
            guard let text = fields.text(name, maxLength: CatalogLimits.dialectValue) else { continue }
            guard Self.isParameter(name) else {
                faults.add(fields.place(name), "a field's name must be 1 to 64 of A-Z a-z 0-9 . _ - [ ]")
                continue
            }
            do {
                let value = try OrderTemplate(text, allowed: OrderField.plain, braces: .fieldsOnly)
                parameters.append(DialectParameter(name: name, value: value))
            } catch {
                faults.add(fields.place(name), error.reason)
            }
        }
        return .form(parameters)
    }

    private func template(_ body: inout JSONSection) -> DeliveryBody? {
        guard let text = body.text("template", maxLength: CatalogLimits.dialectTemplate) else { return nil }
        do {
            let template = try OrderTemplate(
                text, allowed: OrderField.plain.union([.items]), braces: .literal)
            var sample: [UInt8] = []
            template.fill(Self.sample, .json, to: &sample)
            do {
                _ = try JSON.parse(sample, limits: .record)
            } catch {
                faults.add(
                    body.place("template"), "is not JSON once its fields are filled in: \(error.reason)")
                return nil
            }
            return .template(template)
        } catch {
            faults.add(body.place("template"), error.reason)
            return nil
        }
    }

    /// An order whose text forms are no numbers, so that a template that forgets quotes is not JSON.
    private static let sample = OrderValues(
        order: Array("000000000000A".utf8), user: 1, region: Array("a".utf8), role: 1,
        gift: Array("a".utf8), amount: 1, items: Array(#"[{"id":"a","count":1}]"#.utf8), timestampS: 1)

    private static func isParameter(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                (0x61...0x7a).contains(byte) || (0x41...0x5a).contains(byte) || (0x30...0x39).contains(byte)
                    || "._-[]".utf8.contains(byte)
            }
    }

    // MARK: - Headers

    /// Those that the transport, the body or the signature writes, and those that would hold a secret.
    private static let reserved: Set<String> = [
        "connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "expect", "host",
        "content-length", "content-type", "date", "authorization", "cookie",
    ]

    private func headers(_ dialect: inout JSONSection, body: DeliveryBody?) -> [String]? {
        guard dialect.optionalValue("headers") != nil else { return [] }
        guard var section = dialect.section("headers") else { return nil }
        guard section.keys.count <= CatalogLimits.dialectHeaders else {
            faults.add(section.path, "must have at most \(CatalogLimits.dialectHeaders) headers")
            return nil
        }
        var lines: [String] = []
        var names: Set<String> = []
        for name in section.keys {
            guard let value = section.text(name, maxLength: CatalogLimits.dialectValue) else { continue }
            let place = section.place(name)
            let lower = name.lowercased()
            if !Self.isToken(name) {
                faults.add(place, "a header's name must be a token of RFC 9110")
            } else if Self.reserved.contains(lower) || lower.hasPrefix("webhook-")
                || lower.hasPrefix("proxy-")
            {
                faults.add(place, "is written by the sender, or would hold a secret")
            } else if !names.insert(lower).inserted {
                faults.add(place, "is there twice")
            } else if !value.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) || value.first == " "
                || value.last == " "
            {
                faults.add(place, "a header's value must be printable ASCII without blanks at its ends")
            } else {
                lines.append("\(name): \(value)")
            }
        }
        return lines
    }

    private static func isToken(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                (0x61...0x7a).contains(byte) || (0x41...0x5a).contains(byte) || (0x30...0x39).contains(byte)
                    || "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
    }

    // MARK: - The signature

    private func signature(_ dialect: inout JSONSection, body: DeliveryBody?) -> SignatureScheme? {
        guard dialect.optionalValue("signature") != nil else { return .standardWebhooks }
        guard var section = dialect.section("signature") else { return nil }
        guard let scheme = section.choice("scheme", of: SchemeName.self) else { return nil }
        let timestamp = optional("timestamp", &section, or: "ts") { $0.text("timestamp", maxLength: 64) }
        let name = optional("parameter", &section, or: "sig") { $0.text("parameter", maxLength: 64) }
        section.finish()
        guard let timestamp, let name else { return nil }
        guard scheme == .hmacQuery else {
            for key in ["timestamp", "parameter"] where section.has(key) {
                faults.add(section.place(key), "is of hmac-query only")
            }
            return .standardWebhooks
        }
        for (key, text) in [("timestamp", timestamp), ("parameter", name)] where !Self.isParameter(text) {
            faults.add(section.place(key), "a parameter's name must be 1 to 64 of A-Z a-z 0-9 . _ - [ ]")
        }
        switch body {
        case .standard?, .template?:
            faults.add(section.path, "hmac-query signs parameters: body must be a form, or method GET")
        case .form(let fields)?: check(fields, [timestamp, name], endpoint, at: section.path)
        case .empty?: check([], [timestamp, name], endpoint, at: section.path)
        case nil: break
        }
        if let queryEndpoint { check([], [timestamp, name], queryEndpoint, at: section.path) }
        return .hmacQuery(timestamp: timestamp, signature: name)
    }

    /// That the parameters can be signed, and that the order is one of them: a signature that does not cover
    /// it would be good for any.
    private func check(_ form: [DialectParameter], _ own: [String], _ url: String?, at place: String) {
        guard let url else { return }
        do {
            let all = form + (try SignedParameters(url: url)).parameters
            var names: Set<String> = []
            for name in all.map(\.name) + own where !names.insert(name).inserted {
                faults.add(place, "parameter \(name) would be sent twice")
            }
            if !all.contains(where: { $0.value.holds(.order) }) {
                faults.add(place, "hmac-query signs parameters: one of them must hold {order}")
            }
        } catch {
            faults.add(place, error.reason)
        }
    }

    // MARK: - The query

    private func query(_ dialect: inout JSONSection) -> QueryDialect? {
        guard dialect.optionalValue("query") != nil else { return nil }
        let place = dialect.place("query")
        guard var section = dialect.section("query") else { return nil }
        if queryEndpoint == nil { faults.add(place, "there is no queryEndpoint to ask") }
        let method = optional("method", &section, or: .get) { $0.choice("method", of: DeliveryMethod.self) }
        if method == .put { faults.add(section.place("method"), "must be one of POST, GET") }
        let rules = AnswerRulesReader(faults: faults).rules(
            "rules", &section, meanings: QueryDialect.Meaning.self)
        section.finish()
        guard let method, let rules else { return nil }
        return QueryDialect(method: method, rules: rules)
    }
}
