import Wire

/// What a ticket's payload claims, as far as we ask. Good during the life of its text only.
struct TicketClaims {
    /// Unix seconds, not negative.
    let expiresAtS: Int64
    /// Whether `aud` is, or has among others, the audience asked for (RFC 7519 §4.1.3).
    let isForAudience: Bool
    /// Unix seconds; `Int64.min` where the ticket does not say, nil where it says no whole number.
    let notBeforeS: Int64?
    /// Unix seconds, not negative; nil where the ticket does not say.
    let accountCreatedS: Int64?
    private let subject: TicketText?
    private let deviceName: TicketText?

    /// nil where the text is not an object with an `exp` that is a whole number, 0 or later; or where
    /// `device` is there and no string of 1 to 64 bytes, or `account_created` and no whole number: rules of
    /// risk must not be escaped by a claim that nobody can read.
    init?(_ text: UnsafeBufferPointer<UInt8>, audience: TicketName) {
        var expiresAtS: Int64?
        var isForAudience = false
        var notBeforeS: Int64? = .min
        var accountCreatedS: Int64?
        var subject: TicketText?
        var deviceName: TicketText?
        var isOdd = false
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
            } else if name.equals("device") {
                if case .string(let text) = value { deviceName = text } else { isOdd = true }
            } else if name.equals("account_created") {
                if case .integer(let timeS) = value { accountCreatedS = timeS }
                if accountCreatedS ?? -1 < 0 { isOdd = true }
            }
        }
        guard isObject, !isOdd, let expiresAtS, expiresAtS >= 0 else { return nil }
        if let deviceName {
            guard (1...Ticket.maxDeviceBytes).contains(deviceName.byteCount) else { return nil }
        }
        self.accountCreatedS = accountCreatedS
        self.deviceName = deviceName
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

    /// The `device` as a number; 0 where the ticket does not say.
    var device: UInt64 {
        guard let deviceName else { return 0 }
        if deviceName.isPlain { return Ticket.deviceNumber(of: deviceName.bytes) }
        return deviceName.string.map { Ticket.deviceNumber(of: $0) } ?? 0
    }
}
