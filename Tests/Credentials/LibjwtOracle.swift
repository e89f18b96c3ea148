import CJwt
import Credentials
import Glibc
import Wire

/// What libjwt makes of a token that the keys of `TestKeys` sign.
///
/// libjwt 1.10.2 checks the signature with the algorithm that the ticket names and reads no claim, so the
/// oracle adds the pinning and the claims in libjwt's own reading of the token.
enum LibjwtOracle {
    /// The user where it is a good ticket for `hongbao`, signed with key `k1`; else nil.
    static func user(_ token: [UInt8], _ algorithm: TicketAlgorithm, nowS: Int64) -> UInt64? {
        let (key, expected): ([UInt8], jwt_alg_t) =
            algorithm == .hs256
            ? (TestKeys.secret, JWT_ALG_HS256) : (TestKeys.p256Public + [0], JWT_ALG_ES256)
        let length = algorithm == .hs256 ? key.count : key.count - 1
        var jwt: OpaquePointer?
        let text = token.map { CChar(bitPattern: $0) } + [0]
        guard jwt_decode(&jwt, text, key, Int32(length)) == 0, let jwt else { return nil }
        defer { jwt_free(jwt) }
        guard jwt_get_alg(jwt) == expected, let kid = jwt_get_header(jwt, "kid"),
            String(cString: kid) == "k1", isForUs(jwt), jwt_get_grant_int(jwt, "exp") > Int(nowS),
            jwt_get_grant_int(jwt, "nbf") <= Int(nowS), let subject = jwt_get_grant(jwt, "sub")
        else { return nil }
        return DecimalDigits.parse(String(cString: subject).utf8)
    }

    /// libjwt hands an array out as JSON only.
    private static func isForUs(_ jwt: OpaquePointer) -> Bool {
        if let audience = jwt_get_grant(jwt, "aud") { return String(cString: audience) == "hongbao" }
        guard let text = jwt_get_grants_json(jwt, "aud") else { return false }
        defer { free(text) }
        let json = try? JSON.parse(Array(String(cString: text).utf8), limits: .document)
        guard case .array(let names) = json else { return false }
        return names.contains(.string("hongbao"))
    }
}
