import Wire

/// The parameters of a URL's query, decoded, as a signature over them takes them.
package struct SignedParameters: Sendable, Equatable {
    package let parameters: [DialectParameter]

    /// - Throws: where the query cannot be read in one way only.
    init(url: String) throws(OrderTemplate.Refusal) {
        let query = url.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).dropFirst()
            .first
        guard let query, !query.isEmpty else {
            parameters = []
            return
        }
        if query.utf8.contains(UInt8(ascii: "+")) {
            throw OrderTemplate.Refusal(
                reason: "URL's query holds a +, which some read as a blank: write %20")
        }
        var parameters: [DialectParameter] = []
        for pair in query.split(separator: "&", omittingEmptySubsequences: false) {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2, !sides[0].isEmpty, !sides[0].utf8.contains(UInt8(ascii: "{")),
                let name = Self.decoded(Array(sides[0].utf8)).map({ String(decoding: $0, as: UTF8.self) })
            else { throw OrderTemplate.Refusal(reason: "URL's query must be name=value&name=value…") }
            let raw = try OrderTemplate(String(sides[1]), allowed: OrderField.plain, braces: .fieldsOnly)
            var parts: [OrderTemplate.Part] = []
            for part in raw.parts {
                switch part {
                case .field: parts.append(part)
                case .literal(let bytes):
                    guard let plain = Self.decoded(bytes) else {
                        throw OrderTemplate.Refusal(reason: "URL's query holds a broken percent-encoding")
                    }
                    parts.append(.literal(plain))
                }
            }
            parameters.append(DialectParameter(name: name, value: OrderTemplate(parts: parts)))
        }
        self.parameters = parameters
    }

    /// The parameters of a URL that the loader has accepted; a broken one traps.
    package init(checked url: String) {
        do { try self.init(url: url) } catch { preconditionFailure("an unchecked URL: \(error.reason)") }
    }

    /// The text that a signature is made over: all of them in the order of their names' bytes, `name=value`
    /// joined with `&`, values as they are.
    package static func source(_ parameters: [DialectParameter]) -> OrderTemplate {
        let sorted = parameters.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        var parts: [OrderTemplate.Part] = []
        var literal: [UInt8] = []
        for (index, parameter) in sorted.enumerated() {
            literal += Array(((index == 0 ? "" : "&") + parameter.name + "=").utf8)
            for part in parameter.value.parts {
                if case .literal(let bytes) = part {
                    literal += bytes
                } else {
                    parts.append(.literal(literal))
                    parts.append(part)
                    literal = []
                }
            }
        }
        if !literal.isEmpty { parts.append(.literal(literal)) }
        return OrderTemplate(parts: parts)
    }

    /// nil where a `%` is followed by anything but two hexadecimal digits.
    private static func decoded(_ bytes: [UInt8]) -> [UInt8]? {
        var plain: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] != UInt8(ascii: "%") {
                plain.append(bytes[index])
                index += 1
                continue
            }
            guard index + 2 < bytes.count,
                let byte = UInt8(
                    String(decoding: bytes[(index + 1)...(index + 2)], as: UTF8.self), radix: 16),
                bytes[index + 1] != UInt8(ascii: "+"), bytes[index + 1] != UInt8(ascii: "-")
            else { return nil }
            plain.append(byte)
            index += 3
        }
        return plain
    }
}
