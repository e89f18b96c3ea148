/// What a verified login ticket says.
package struct Ticket: Sendable, Equatable {
    package let user: UInt64
    /// Unix seconds; the ticket is good before them, not at them.
    package let expiresAtS: Int64
    /// The device that the person logged in on, as ``Ticket/deviceNumber(of:)`` of the issuer's name for it;
    /// 0 where the issuer does not say.
    package let device: UInt64
    /// When the person's account was made, Unix seconds; nil where the issuer does not say.
    package let accountCreatedS: Int64?

    package init(user: UInt64, expiresAtS: Int64, device: UInt64 = 0, accountCreatedS: Int64? = nil) {
        self.user = user
        self.expiresAtS = expiresAtS
        self.device = device
        self.accountCreatedS = accountCreatedS
    }

    /// Bytes of a device's name, at most.
    package static let maxDeviceBytes = 64

    /// A device's name as a number that is the same in every process: the first 8 bytes of its SHA-256, big
    /// endian, and never 0. A digest, so that nobody can choose a name that counts as somebody else's.
    package static func deviceNumber(of name: UnsafeBufferPointer<UInt8>) -> UInt64 {
        max(sha256Start(of: UnsafeRawBufferPointer(name)), 1)
    }

    package static func deviceNumber(of name: String) -> UInt64 {
        var name = name
        return name.withUTF8 { deviceNumber(of: $0) }
    }
}

/// Why a ticket was refused. Holds nothing of the ticket.
package enum TicketError: String, Error, Sendable {
    /// Not a compact JSON Web Signature of at most 2 KiB with the header and claims that are needed.
    case malformed
    /// Names no key, or one that we do not have, or no longer accept.
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
