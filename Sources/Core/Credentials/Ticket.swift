/// What a verified login ticket says.
package struct Ticket: Sendable, Equatable {
    package let user: UInt64
    /// Unix seconds; the ticket is good before them, not at them.
    package let expiresAtS: Int64

    package init(user: UInt64, expiresAtS: Int64) {
        self.user = user
        self.expiresAtS = expiresAtS
    }
}

/// Why a ticket was refused. Holds nothing of the ticket.
package enum TicketError: String, Error, Sendable {
    /// Not a compact JSON Web Signature of at most 2 KiB with the header and claims that are needed.
    case malformed
    /// Names no key, or one that we do not have.
    case unknownKey
    /// Another algorithm than the key's own; `none` above all.
    case wrongAlgorithm
    case badSignature
    case expired
    /// Not good yet (`nbf`).
    case notYet
    /// For somebody else.
    case wrongAudience
    /// `sub` is not a decimal string of 64 bits.
    case badSubject
}
