import Wire

/// Verifies login tickets: JSON Web Tokens (RFC 7519) in compact form, signed by a key we know.
///
/// Header: `alg` must be the algorithm pinned to the key that `kid` names, `typ` may be missing or `JWT`,
/// `crit` is refused (we understand no extension). Claims: `exp`, `aud` and `sub` are needed, `nbf` is
/// obeyed, others are ignored. The signature is checked before any claim is read. Immutable; any thread.
package final class TicketVerifier: Sendable {
    /// A longer ticket is refused unread.
    package static let maxBytes = 2048
    private static let limits = JSONLimits(maxBytes: maxBytes, maxDepth: 4, maxNodes: 64)

    private struct Key: Sendable {
        let algorithm: String
        let mechanism: TicketMechanism
    }

    private let keys: [String: Key]
    private let audience: String
    private let leewayS: Int64

    /// `leewayS` is how far the issuer's clock may be off, in seconds, for `exp` and `nbf`.
    package init(keys: [TicketKey], audience: String, leewayS: Int64 = 0) throws(KeyFault) {
        guard !keys.isEmpty else { throw KeyFault(reason: .noKeys) }
        var ready: [String: Key] = [:]
        for key in keys {
            guard ready[key.id] == nil else { throw KeyFault(key: key.id, reason: .duplicate) }
            ready[key.id] = Key(
                algorithm: key.algorithm.rawValue, mechanism: try key.mechanism(isPrivate: false))
        }
        self.keys = ready
        self.audience = audience
        self.leewayS = leewayS
    }

    /// The ticket that the token is, at `nowS` (Unix seconds).
    package func verify(_ token: some Collection<UInt8>, nowS: Int64) throws(TicketError) -> Ticket {
        let result =
            token.withContiguousStorageIfAvailable { check($0, nowS: nowS) }
            ?? Array(token).withUnsafeBufferPointer { check($0, nowS: nowS) }
        return try result.get()
    }

    package func verify(_ token: Substring, nowS: Int64) throws(TicketError) -> Ticket {
        try verify(token.utf8, nowS: nowS)
    }

    /// A Result, since `withContiguousStorageIfAvailable` cannot pass a typed error on.
    private func check(_ token: UnsafeBufferPointer<UInt8>, nowS: Int64) -> Result<Ticket, TicketError> {
        do throws(TicketError) {
            return .success(try claims(of: try signedPayload(token), nowS: nowS))
        } catch {
            return .failure(error)
        }
    }

    /// The bytes of the payload, once its signature has been found good.
    private func signedPayload(_ token: UnsafeBufferPointer<UInt8>) throws(TicketError) -> [UInt8] {
        let dot = UInt8(ascii: ".")
        guard token.count <= TicketVerifier.maxBytes, let first = token.firstIndex(of: dot),
            let second = token[(first + 1)...].firstIndex(of: dot),
            let header = Base64URL.decode(UnsafeBufferPointer(rebasing: token[..<first])),
            let signature = Base64URL.decode(UnsafeBufferPointer(rebasing: token[(second + 1)...]))
        else { throw .malformed }
        let key = try self.key(namedBy: header)
        let signed = UnsafeBufferPointer(rebasing: token[..<second])
        guard key.mechanism.verifies(signature, over: UnsafeRawBufferPointer(signed)) else {
            throw .badSignature
        }
        let encoded = UnsafeBufferPointer(rebasing: signed[(first + 1)...])
        guard let payload = Base64URL.decode(encoded) else { throw .malformed }
        return payload
    }

    private func key(namedBy header: [UInt8]) throws(TicketError) -> Key {
        guard case .object(let header) = try? JSON.parse(header, limits: TicketVerifier.limits),
            case .string(let algorithm) = header["alg"], header["crit"] == nil
        else { throw .malformed }
        if let type = header["typ"] {
            guard case .string(let name) = type, name == "JWT" || name.lowercased() == "jwt" else {
                throw .malformed
            }
        }
        guard case .string(let id) = header["kid"], let key = keys[id] else { throw .unknownKey }
        guard algorithm == key.algorithm else { throw .wrongAlgorithm }
        return key
    }

    private func claims(of payload: [UInt8], nowS: Int64) throws(TicketError) -> Ticket {
        guard case .object(let claims) = try? JSON.parse(payload, limits: TicketVerifier.limits),
            case .integer(let expiresAtS) = claims["exp"], expiresAtS >= 0
        else { throw .malformed }
        guard isForUs(claims["aud"]) else { throw .wrongAudience }
        if let notBefore = claims["nbf"] {
            guard case .integer(let notBeforeS) = notBefore else { throw .malformed }
            guard nowS >= notBeforeS.subtractingSaturating(leewayS) else { throw .notYet }
        }
        guard nowS < expiresAtS.addingSaturating(leewayS) else { throw .expired }
        guard case .string(let subject) = claims["sub"], let user = DecimalDigits.parse(subject.utf8) else {
            throw .badSubject
        }
        return Ticket(user: user, expiresAtS: expiresAtS)
    }

    /// RFC 7519 §4.1.3: one audience, or an array of them.
    private func isForUs(_ claim: JSON?) -> Bool {
        switch claim {
        case .string(let name): return name == audience
        case .array(let names): return names.contains(.string(audience))
        default: return false
        }
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
