/// What a ticket's header says, as far as we ask. Good during the life of its text only.
struct TicketHeader {
    let algorithm: TicketText
    /// The `kid`; nil where there is none or it is no string.
    let key: TicketText?

    /// nil where the text is not an object with an `alg`, asks for an extension (`crit`), or has a `typ`
    /// other than `JWT`.
    init?(_ text: UnsafeBufferPointer<UInt8>) {
        var algorithm: TicketText?
        var key: TicketText?
        var isRefused = false
        var scanner = TicketScanner(text, seeking: Self.nothing)
        let isObject = scanner.object { name, value in
            if name.equals("alg") {
                if case .string(let text) = value { algorithm = text }
            } else if name.equals("kid") {
                if case .string(let text) = value { key = text }
            } else if name.equals("typ") {
                if !Self.isJWT(value) { isRefused = true }
            } else if name.equals("crit") {
                isRefused = true
            }
        }
        guard isObject, !isRefused, let algorithm else { return nil }
        self.algorithm = algorithm
        self.key = key
    }

    /// No array of a header is searched.
    private static let nothing = TicketName("")

    /// RFC 7519 §5.1 recommends the capitals.
    private static func isJWT(_ value: TicketScanner.Value) -> Bool {
        guard case .string(let name) = value else { return false }
        return name.equals("JWT") || name.string?.lowercased() == "jwt"
    }
}
