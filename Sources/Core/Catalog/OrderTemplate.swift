import Wire

/// What of an order a game's endpoint, form or body may name in braces.
package enum OrderField: String, CaseIterable, Sendable {
    /// The 13 characters of the order's ID.
    case order
    /// Decimal.
    case user
    /// The region's id.
    case region
    /// Decimal.
    case role
    /// The gift pack's id.
    case gift
    /// Decimal.
    case amount
    /// The pack's items as a JSON array; in a JSON body only.
    case items
    /// When the request was made, in Unix seconds; put there by a signature, named by no file.
    case timestamp

    /// Those that a URL or a form may name.
    static let plain: Set<OrderField> = [.order, .user, .region, .role, .gift, .amount]
}

/// A text with fields of an order in braces (`/grant/{order}?uid={user}`), taken apart once when the catalog
/// is loaded.
package struct OrderTemplate: Sendable, Equatable {
    package enum Part: Sendable, Equatable {
        case literal([UInt8])
        case field(OrderField)
    }

    /// Why a text is no template, for the fault.
    struct Refusal: Error {
        let reason: String
    }

    /// What a brace may be that begins no field.
    enum Braces {
        /// A fault: the text has no use for one of its own.
        case fieldsOnly
        /// Part of the text, as in JSON, unless a name follows.
        case literal
    }

    /// Fields in one template.
    package static let maxFields = 32

    package let parts: [Part]

    package init(parts: [Part]) {
        self.parts = parts
    }

    init(_ text: String, allowed: Set<OrderField>, braces: Braces) throws(Refusal) {
        let bytes = Array(text.utf8)
        var parts: [Part] = []
        var literal: [UInt8] = []
        var fields = 0
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            guard let name = byte == UInt8(ascii: "{") ? Self.name(in: bytes, after: index) : nil else {
                if braces == .fieldsOnly, byte == UInt8(ascii: "{") || byte == UInt8(ascii: "}") {
                    throw Refusal(reason: "holds a brace that is part of no {field}")
                }
                literal.append(byte)
                index += 1
                continue
            }
            guard let field = OrderField(rawValue: name), allowed.contains(field) else {
                let names = OrderField.allCases.filter(allowed.contains).map { "{\($0.rawValue)}" }
                throw Refusal(
                    reason: "holds {\(name)}; there may be \(names.joined(separator: ", "))")
            }
            fields += 1
            guard fields <= Self.maxFields else {
                throw Refusal(reason: "holds more than \(Self.maxFields) fields")
            }
            if !literal.isEmpty { parts.append(.literal(literal)) }
            literal = []
            parts.append(.field(field))
            index += name.utf8.count + 2
        }
        if !literal.isEmpty { parts.append(.literal(literal)) }
        self.parts = parts
    }

    /// A URL that the loader has accepted; a broken one traps.
    package init(checkedURL url: String) {
        do {
            try self.init(url, allowed: OrderField.plain, braces: .fieldsOnly)
        } catch {
            preconditionFailure("an unchecked URL: \(error.reason)")
        }
    }

    package func holds(_ field: OrderField) -> Bool {
        parts.contains(.field(field))
    }

    /// The text where it holds no field, else nil.
    package var fixed: [UInt8]? {
        switch (parts.count, parts.first) {
        case (0, _): []
        case (1, .literal(let bytes)?): bytes
        default: nil
        }
    }

    /// The lower-case letters between the brace at `start` and the one that closes it.
    private static func name(in bytes: [UInt8], after start: Int) -> String? {
        let rest = bytes[(start + 1)...]
        guard let end = rest.firstIndex(where: { !(0x61...0x7a).contains($0) }), end > start + 1,
            bytes[end] == UInt8(ascii: "}")
        else { return nil }
        return String(decoding: bytes[(start + 1)..<end], as: UTF8.self)
    }
}

/// The values that a template's fields stand for.
package struct OrderValues: Sendable {
    /// Its text form.
    package var order: [UInt8]
    package var user: UInt64
    package var region: [UInt8]
    package var role: UInt64
    package var gift: [UInt8]
    package var amount: UInt32
    /// JSON.
    package var items: [UInt8]
    package var timestampS: Int64

    package init(
        order: [UInt8], user: UInt64 = 0, region: [UInt8] = [], role: UInt64 = 0, gift: [UInt8] = [],
        amount: UInt32 = 0, items: [UInt8] = [], timestampS: Int64
    ) {
        self.order = order
        self.user = user
        self.region = region
        self.role = role
        self.gift = gift
        self.amount = amount
        self.items = items
        self.timestampS = timestampS
    }
}

extension OrderTemplate {
    /// How a value is written where it stands.
    package enum Escaping: Sendable {
        /// As it is: what a signature is made over.
        case none
        /// RFC 3986 section 2.1: all but unreserved characters, in URLs and forms.
        case percent
        /// RFC 8259 section 7, for the inside of a string.
        case json
    }

    /// Appends the text with its fields filled in. Literals are taken as they are.
    package func fill(_ values: OrderValues, _ escaping: Escaping, to text: inout [UInt8]) {
        for part in parts {
            switch part {
            case .literal(let bytes): text.append(contentsOf: bytes)
            case .field(.order): Self.append(values.order, escaping, to: &text)
            case .field(.user): DecimalDigits.append(values.user, to: &text)
            case .field(.region): Self.append(values.region, escaping, to: &text)
            case .field(.role): DecimalDigits.append(values.role, to: &text)
            case .field(.gift): Self.append(values.gift, escaping, to: &text)
            case .field(.amount): DecimalDigits.append(UInt64(values.amount), to: &text)
            case .field(.items): text.append(contentsOf: values.items)
            case .field(.timestamp): DecimalDigits.append(UInt64(max(0, values.timestampS)), to: &text)
            }
        }
    }

    /// Appends bytes as the escaping has them.
    package static func append(_ bytes: [UInt8], _ escaping: Escaping, to text: inout [UInt8]) {
        switch escaping {
        case .none: text.append(contentsOf: bytes)
        case .percent:
            for byte in bytes {
                if isUnreserved(byte) {
                    text.append(byte)
                } else {
                    text.append(UInt8(ascii: "%"))
                    text.append(digit(byte >> 4))
                    text.append(digit(byte & 15))
                }
            }
        case .json:
            var json = JSONWriter(reserving: bytes.count + 2)
            json.string(utf8: bytes)
            text.append(contentsOf: json.bytes.dropFirst().dropLast())
        }
    }

    /// RFC 3986 section 2.3.
    private static func isUnreserved(_ byte: UInt8) -> Bool {
        (0x61...0x7a).contains(byte) || (0x41...0x5a).contains(byte) || (0x30...0x39).contains(byte)
            || "-._~".utf8.contains(byte)
    }

    /// Upper case, as RFC 3986 section 2.1 asks of those who write it.
    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }
}
