/// What stands for `${NAME}` in endpoints: private, free ports are known only when a stack starts.
struct Placeholders {
    let values: [String: String]
    /// True = a name without a value counts as "1" (checking files away from their stack).
    let allowUnset: Bool
}

/// Checks and fills the URLs of games; the form is RFC 3986's, narrowed to what is sent here.
enum EndpointURL {
    /// Why a URL was refused, for the fault.
    struct Refusal: Error {
        let reason: String
    }

    /// The URL with its placeholders filled.
    ///
    /// `parameter` is the name that must stand once in braces after the host (`order` → `{order}`) and is
    /// kept for the sender to fill; nil = no brace at all.
    static func expand(
        _ text: String, parameter: String?, placeholders: Placeholders
    ) throws(Refusal) -> String {
        let (url, tail) = try split(text, placeholders)
        try checkBraces(tail, parameter: parameter)
        return url
    }

    /// The same for a URL that may name fields of an order behind its host.
    static func expand(template text: String, placeholders: Placeholders) throws(Refusal) -> String {
        let (url, tail) = try split(text, placeholders)
        do throws(OrderTemplate.Refusal) {
            _ = try OrderTemplate(tail, allowed: OrderField.plain, braces: .fieldsOnly)
        } catch {
            throw Refusal(reason: "URL \(error.reason)")
        }
        return url
    }

    /// The URL with its placeholders filled, and what of it comes after the host.
    private static func split(
        _ text: String, _ placeholders: Placeholders
    ) throws(Refusal) -> (url: String, tail: String) {
        let url = try fill(text, placeholders)
        let bytes = Array(url.utf8)
        guard bytes.count <= CatalogLimits.urlLength else {
            throw Refusal(reason: "URL is longer than \(CatalogLimits.urlLength) bytes")
        }
        guard bytes.allSatisfy(isURLByte) else {
            throw Refusal(reason: "URL holds a byte that must be percent-encoded")
        }
        guard !bytes.contains(UInt8(ascii: "#")) else { throw Refusal(reason: "URL must have no fragment") }
        let rest: ArraySlice<UInt8>
        if bytes.starts(with: Array("http://".utf8)) {
            rest = bytes[7...]
        } else if bytes.starts(with: Array("https://".utf8)) {
            rest = bytes[8...]
        } else {
            throw Refusal(reason: "URL must begin with http:// or https://")
        }
        let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
        try checkAuthority(rest[rest.startIndex..<end])
        return (url, String(decoding: rest[end...], as: UTF8.self))
    }

    /// `template` with its one `{parameter}` replaced.
    static func fill(_ template: String, _ parameter: String, with value: String) -> String {
        let mark = Array("{\(parameter)}".utf8)
        let bytes = Array(template.utf8)
        guard bytes.count >= mark.count else { return template }
        for start in 0...(bytes.count - mark.count) where bytes[start...].starts(with: mark) {
            let tail = bytes[(start + mark.count)...]
            return String(decoding: bytes[..<start] + Array(value.utf8) + tail, as: UTF8.self)
        }
        return template
    }

    private static func fill(_ text: String, _ placeholders: Placeholders) throws(Refusal) -> String {
        var out = ""
        var rest = Substring(text)
        while let dollar = rest.firstIndex(of: "$") {
            out += rest[..<dollar]
            rest = rest[dollar...].dropFirst()
            guard rest.first == "{", let close = rest.firstIndex(of: "}") else {
                throw Refusal(reason: "\"$\" must begin a placeholder like ${HONGBAO_GAMES_PORT}")
            }
            let name = String(rest[..<close].dropFirst())
            guard isName(name) else {
                throw Refusal(reason: "placeholder ${\(name)} must be named by A-Z, 0-9 and _")
            }
            if let value = placeholders.values[name] {
                out += value
            } else if placeholders.allowUnset {
                out += "1"
            } else {
                throw Refusal(reason: "placeholder ${\(name)} is not set in the environment")
            }
            rest = rest[close...].dropFirst()
        }
        return out + rest
    }

    private static func checkAuthority(_ authority: ArraySlice<UInt8>) throws(Refusal) {
        guard !authority.contains(UInt8(ascii: "@")) else {
            throw Refusal(reason: "URL must hold no user name or password")
        }
        let colon: Int?
        let isHost: Bool
        if authority.first == UInt8(ascii: "[") {
            guard let close = authority.firstIndex(of: UInt8(ascii: "]")) else {
                throw Refusal(reason: "URL's IPv6 host is not closed by ]")
            }
            let inner = authority[authority.index(after: authority.startIndex)..<close]
            isHost = inner.count >= 2 && inner.allSatisfy { isHexDigit($0) || $0 == UInt8(ascii: ":") }
            colon = close + 1 < authority.endIndex ? close + 1 : nil
            guard colon.map({ authority[$0] == UInt8(ascii: ":") }) ?? true else {
                throw Refusal(reason: "URL's host is broken")
            }
        } else {
            colon = authority.firstIndex(of: UInt8(ascii: ":"))
            let host = authority[..<(colon ?? authority.endIndex)]
            isHost = !host.isEmpty && host.allSatisfy(isHostByte) && host.first != UInt8(ascii: "-")
        }
        guard isHost else { throw Refusal(reason: "URL has no valid host") }
        guard let colon else { return }
        let digits = authority[(colon + 1)...]
        guard digits.count <= 5, digits.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = Int(String(decoding: digits, as: UTF8.self)),
            (1...65_535).contains(port)
        else { throw Refusal(reason: "URL's port must be 1 to 65535") }
    }

    private static func checkBraces(_ tail: String, parameter: String?) throws(Refusal) {
        let mark = parameter.map { "{\($0)}" }
        let bare = parameter.map { fill(tail, $0, with: "") } ?? tail
        if let mark, bare == tail { throw Refusal(reason: "URL must hold \(mark) after its host") }
        guard !bare.utf8.contains(where: { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "}") }) else {
            let allowed = mark.map { "only \($0), once" } ?? "no { or }"
            throw Refusal(reason: "URL must hold \(allowed)")
        }
    }

    private static func isName(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy {
                (0x41...0x5a).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_")
            }
    }

    /// Printable ASCII without the characters that RFC 3986 gives no place; braces are looked at later.
    private static func isURLByte(_ byte: UInt8) -> Bool {
        (0x21...0x7e).contains(byte) && !"\"<>\\^`|".utf8.contains(byte)
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        (0x61...0x7a).contains(byte) || (0x41...0x5a).contains(byte) || (0x30...0x39).contains(byte)
            || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) || (0x41...0x46).contains(byte)
    }
}
