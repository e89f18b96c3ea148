import Credentials
import Wire

/// `TicketVerifier` as one would write it without a thought of its cost: each part decoded into an array and
/// parsed into a tree. What the real one is held against.
final class TreeTicketVerifier: Sendable {
    private static let limits = JSONLimits(maxBytes: TicketVerifier.maxBytes, maxDepth: 4, maxNodes: 64)

    private struct Key: Sendable {
        let algorithm: String
        let mechanism: TicketMechanism
    }

    private let keys: [String: Key]
    private let audience: String
    private let leewayS: Int64

    init(keys: [TicketKey], audience: String, leewayS: Int64 = 0) throws(KeyFault) {
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

    func verify(_ token: [UInt8], nowS: Int64) throws(TicketError) -> Ticket {
        try claims(of: try signedPayload(token), nowS: nowS)
    }

    /// The bytes of the payload, once its signature has been found good.
    private func signedPayload(_ token: [UInt8]) throws(TicketError) -> [UInt8] {
        let dot = UInt8(ascii: ".")
        guard token.count <= TicketVerifier.maxBytes, let first = token.firstIndex(of: dot),
            let second = token[(first + 1)...].firstIndex(of: dot),
            let header = Base64URL.decode(token[..<first]),
            let signature = Base64URL.decode(token[(second + 1)...])
        else { throw .malformed }
        let key = try self.key(namedBy: header)
        let isGood = token[..<second].withUnsafeBytes { key.mechanism.verifies(signature, over: $0) }
        guard isGood else { throw .badSignature }
        guard let payload = Base64URL.decode(token[(first + 1)..<second]) else { throw .malformed }
        return payload
    }

    private func key(namedBy header: [UInt8]) throws(TicketError) -> Key {
        guard case .object(let header) = try? JSON.parse(header, limits: TreeTicketVerifier.limits),
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
        guard case .object(let claims) = try? JSON.parse(payload, limits: TreeTicketVerifier.limits),
            case .integer(let expiresAtS) = claims["exp"], expiresAtS >= 0
        else { throw .malformed }
        var device: UInt64 = 0
        if let claim = claims["device"] {
            guard case .string(let name) = claim, (1...64).contains(name.utf8.count) else {
                throw .malformed
            }
            device = Ticket.deviceNumber(of: name)
        }
        var accountCreatedS: Int64?
        if let claim = claims["account_created"] {
            guard case .integer(let timeS) = claim, timeS >= 0 else { throw .malformed }
            accountCreatedS = timeS
        }
        guard isForUs(claims["aud"]) else { throw .wrongAudience }
        if let notBefore = claims["nbf"] {
            guard case .integer(let notBeforeS) = notBefore else { throw .malformed }
            guard nowS >= notBeforeS.subtractingSaturating(leewayS) else { throw .notYet }
        }
        guard nowS < expiresAtS.addingSaturating(leewayS) else { throw .expired }
        guard case .string(let subject) = claims["sub"], let user = DecimalDigits.parse(subject.utf8) else {
            throw .badSubject
        }
        return Ticket(
            user: user, expiresAtS: expiresAtS, device: device, accountCreatedS: accountCreatedS)
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
