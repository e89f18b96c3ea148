import Wire

/// Issues tickets as the login service does: for the Simulator, the demo and tests.
package final class TicketSigner: Sendable {
    private let mechanism: TicketMechanism
    /// The encoded header and the dot behind it: the same for every ticket.
    private let start: [UInt8]

    /// The key's material is the secret, or the private key in PEM.
    package init(key: TicketKey) throws(KeyFault) {
        mechanism = try key.mechanism(isPrivate: true)
        var header = JSONWriter()
        header.beginObject()
        header.key("alg")
        header.string(key.algorithm.rawValue)
        header.key("typ")
        header.string("JWT")
        header.key("kid")
        header.string(key.id)
        header.endObject()
        start = Base64URL.encode(header.bytes) + [UInt8(ascii: ".")]
    }

    /// The compact token. Times are Unix seconds.
    package func sign(user: UInt64, audience: String, issuedAtS: Int64, expiresAtS: Int64) -> String {
        var claims = JSONWriter()
        claims.beginObject()
        claims.key("sub")
        claims.decimalString(user)
        claims.key("aud")
        claims.string(audience)
        claims.key("iat")
        claims.integer(issuedAtS)
        claims.key("exp")
        claims.integer(expiresAtS)
        claims.endObject()
        return String(decoding: sign(payload: claims.bytes), as: UTF8.self)
    }

    /// A token over any payload, for tests that need odd ones.
    package func sign(payload: [UInt8]) -> [UInt8] {
        var token = start
        Base64URL.append(payload, to: &token)
        let signature = mechanism.sign(token)
        token.append(UInt8(ascii: "."))
        Base64URL.append(signature, to: &token)
        return token
    }
}
