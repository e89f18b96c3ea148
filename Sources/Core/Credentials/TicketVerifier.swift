import Wire

/// Verifies login tickets: JSON Web Tokens (RFC 7519) in compact form, signed by a key we know.
///
/// Header: `alg` must be the algorithm pinned to the key that `kid` names, `typ` may be missing or `JWT`,
/// `crit` is refused (we understand no extension). Claims: `exp`, `aud` and `sub` are needed, `nbf` is
/// obeyed, `device` and `account_created` are handed on (`Ticket`), others are ignored. The signature is
/// checked before any claim is read. A key past its end date is as good as none. Immutable; any thread.
///
/// A ticket is decoded onto the stack and read where it lies (`TicketScanner`): with HS256 nothing is
/// allocated for a ticket of the usual form. For one loop's repeats see `VerifiedTickets`.
package final class TicketVerifier: Sendable {
    /// A longer ticket is refused unread.
    package static let maxBytes = 2048

    private struct Key: Sendable {
        let id: TicketName
        let algorithm: TicketName
        let mechanism: TicketMechanism
        let untilS: Int64
    }

    /// A handful: an issuer has one, and in a rotation two.
    private let keys: [Key]
    private let audience: TicketName
    private let leewayS: Int64

    /// `leewayS` is how far the issuer's clock may be off, in seconds, for `exp` and `nbf`.
    package init(keys: [TicketKey], audience: String, leewayS: Int64 = 0) throws(KeyFault) {
        guard !keys.isEmpty else { throw KeyFault(reason: .noKeys) }
        var ready: [Key] = []
        for key in keys {
            guard !ready.contains(where: { $0.id.string == key.id }) else {
                throw KeyFault(key: key.id, reason: .duplicate)
            }
            ready.append(
                Key(
                    id: TicketName(key.id), algorithm: TicketName(key.algorithm.rawValue),
                    mechanism: try key.mechanism(isPrivate: false), untilS: key.untilS))
        }
        self.keys = ready
        self.audience = TicketName(audience)
        self.leewayS = leewayS
    }

    /// The ticket that the token is, at `nowS` (Unix seconds). The bytes are read during the call only.
    package func verify(_ token: UnsafeBufferPointer<UInt8>, nowS: Int64) throws(TicketError) -> Ticket {
        try check(token, nowS: nowS).ticket
    }

    package func verify(_ token: some Collection<UInt8>, nowS: Int64) throws(TicketError) -> Ticket {
        // A Result, since `withContiguousStorageIfAvailable` cannot pass a typed error on.
        let checked =
            token.withContiguousStorageIfAvailable { result(of: $0, nowS: nowS) }
            ?? Array(token).withUnsafeBufferPointer { result(of: $0, nowS: nowS) }
        return try checked.get().ticket
    }

    package func verify(_ token: Substring, nowS: Int64) throws(TicketError) -> Ticket {
        try verify(token.utf8, nowS: nowS)
    }

    // MARK: - For a cache

    /// A ticket that was found good, with what is asked again whenever it is used.
    struct Checked: Sendable {
        let ticket: Ticket
        /// Unix seconds; `Int64.min` where it has always been good.
        let notBeforeS: Int64
        /// When the key that signed it ends, Unix seconds.
        let keyUntilS: Int64
    }

    func check(_ token: UnsafeBufferPointer<UInt8>, nowS: Int64) throws(TicketError) -> Checked {
        guard token.count <= TicketVerifier.maxBytes, let parts = TicketParts(token) else {
            throw .malformed
        }
        // Decoded, the parts are shorter than the token; a usual ticket's room is on the stack.
        let checked = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: token.count) { room in
            result(of: parts, room: room, nowS: nowS)
        }
        return try checked.get()
    }

    /// Throws where a ticket that was good before is not at `nowS`.
    func recheck(_ checked: Checked, nowS: Int64) throws(TicketError) {
        guard !KeyLine.hasEnded(untilS: checked.keyUntilS, nowS: nowS) else { throw .unknownKey }
        try checkTimes(notBeforeS: checked.notBeforeS, expiresAtS: checked.ticket.expiresAtS, nowS: nowS)
    }

    /// Throws where a ticket that names these times is not good at `nowS`.
    private func checkTimes(notBeforeS: Int64, expiresAtS: Int64, nowS: Int64) throws(TicketError) {
        guard nowS >= notBeforeS.subtractingSaturating(leewayS) else { throw .notYet }
        guard nowS < expiresAtS.addingSaturating(leewayS) else { throw .expired }
    }

    // MARK: - Steps

    private func result(
        of token: UnsafeBufferPointer<UInt8>, nowS: Int64
    ) -> Result<Checked, TicketError> {
        do throws(TicketError) {
            return .success(try check(token, nowS: nowS))
        } catch {
            return .failure(error)
        }
    }

    private func result(
        of parts: TicketParts, room: UnsafeMutableBufferPointer<UInt8>, nowS: Int64
    ) -> Result<Checked, TicketError> {
        do throws(TicketError) {
            let (payload, keyUntilS) = try signedPayload(parts, room: room, nowS: nowS)
            return .success(try claims(of: payload, keyUntilS: keyUntilS, nowS: nowS))
        } catch {
            return .failure(error)
        }
    }

    /// The decoded payload, in the room, once its signature has been found good; and its key's end.
    private func signedPayload(
        _ parts: TicketParts, room: UnsafeMutableBufferPointer<UInt8>, nowS: Int64
    ) throws(TicketError) -> (UnsafeBufferPointer<UInt8>, keyUntilS: Int64) {
        guard let header = TicketParts.decode(parts.header, into: room) else { throw .malformed }
        let behind = UnsafeMutableBufferPointer(rebasing: room[header.count...])
        guard let signature = TicketParts.decode(parts.signature, into: behind) else { throw .malformed }
        let key = try self.key(namedBy: header, nowS: nowS)
        let signed = UnsafeRawBufferPointer(parts.signed)
        guard key.mechanism.verifies(UnsafeRawBufferPointer(signature), over: signed) else {
            throw .badSignature
        }
        // Header and signature have been used: the room is free again.
        guard let payload = TicketParts.decode(parts.payload, into: room) else { throw .malformed }
        return (payload, key.untilS)
    }

    private func key(
        namedBy header: UnsafeBufferPointer<UInt8>, nowS: Int64
    ) throws(TicketError) -> Key {
        guard let header = TicketHeader(header) else { throw .malformed }
        guard let id = header.key, let key = keys.first(where: { id.equals($0.id) }),
            !KeyLine.hasEnded(untilS: key.untilS, nowS: nowS)
        else { throw .unknownKey }
        guard header.algorithm.equals(key.algorithm) else { throw .wrongAlgorithm }
        return key
    }

    private func claims(
        of payload: UnsafeBufferPointer<UInt8>, keyUntilS: Int64, nowS: Int64
    ) throws(TicketError) -> Checked {
        guard let claims = TicketClaims(payload, audience: audience) else { throw .malformed }
        guard claims.isForAudience else { throw .wrongAudience }
        guard let notBeforeS = claims.notBeforeS else { throw .malformed }
        try checkTimes(notBeforeS: notBeforeS, expiresAtS: claims.expiresAtS, nowS: nowS)
        guard let user = claims.user else { throw .badSubject }
        return Checked(
            ticket: Ticket(
                user: user, expiresAtS: claims.expiresAtS, device: claims.device,
                accountCreatedS: claims.accountCreatedS),
            notBeforeS: notBeforeS, keyUntilS: keyUntilS)
    }
}

extension Int64 {
    fileprivate func addingSaturating(_ other: Int64) -> Int64 {
        let (sum, overflowed) = addingReportingOverflow(other)
        return overflowed ? (other < 0 ? .min : .max) : sum
    }

    fileprivate func subtractingSaturating(_ other: Int64) -> Int64 {
        let (difference, overflowed) = subtractingReportingOverflow(other)
        return overflowed ? (other < 0 ? .max : .min) : difference
    }
}
