import Wire

/// What a ticket's payload claims, as far as we ask. Good during the life of its text only.
struct TicketClaims {
    /// Unix seconds, not negative.
    let expiresAtS: Int64
    /// Whether `aud` is, or has among others, the audience asked for (RFC 7519 §4.1.3).
    let isForAudience: Bool
    /// Unix seconds; `Int64.min` where the ticket does not say, nil where it says no whole number.
    let notBeforeS: Int64?
    private let subject: TicketText?

    /// nil where the text is not an object with an `exp` that is a whole number, 0 or later.
    init?(_ text: UnsafeBufferPointer<UInt8>, audience: TicketName) {
        var expiresAtS: Int64?
        var isForAudience = false
        var notBeforeS: Int64? = .min
        var subject: TicketText?
        var scanner = TicketScanner(text, seeking: audience)
        let isObject = scanner.object { name, value in
            if name.equals("sub") {
                if case .string(let text) = value { subject = text }
            } else if name.equals("aud") {
                switch value {
                case .string(let name): isForAudience = name.equals(audience)
                case .array(let holdsAudience): isForAudience = holdsAudience
                default: break
                }
            } else if name.equals("exp") {
                if case .integer(let timeS) = value { expiresAtS = timeS }
            } else if name.equals("nbf") {
                if case .integer(let timeS) = value { notBeforeS = timeS } else { notBeforeS = nil }
            }
        }
        guard isObject, let expiresAtS, expiresAtS >= 0 else { return nil }
        self.expiresAtS = expiresAtS
        self.isForAudience = isForAudience
        self.notBeforeS = notBeforeS
        self.subject = subject
    }

    /// The `sub`; nil where it is not a decimal string of 64 bits.
    var user: UInt64? {
        guard let subject else { return nil }
        if subject.isPlain { return DecimalDigits.parse(subject.bytes) }
        return subject.string.flatMap { DecimalDigits.parse($0.utf8) }
    }
}
