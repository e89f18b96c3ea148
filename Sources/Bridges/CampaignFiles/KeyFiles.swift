import Catalog
import Credentials
import Wire

/// Keys and secrets from their files. A fault names the file and the key, never what stands in it.
package enum KeyFiles {
    /// The ticket issuer's keys: a JSON array of `{"id","algorithm":"HS256","secret":"base64:…"}` and
    /// `{"id","algorithm":"ES256"|"EdDSA","public_key":"PEM"}` (to sign, `"private_key":"PEM"`).
    /// With `"until":"2026-03-01T00:00:00Z"` a key ends then: in a rotation the old one does.
    package static func tickets(_ path: String) throws(FileFault) -> [TicketKey] {
        try tickets(FileBytes.read(path), from: path)
    }

    /// The same of bytes that have been read; `origin` is what a fault names.
    package static func tickets(_ bytes: [UInt8], from origin: String) throws(FileFault) -> [TicketKey] {
        do throws(JSONError) {
            guard case .array(let items) = try JSON.parse(bytes, limits: .document) else {
                throw JSONError(offset: 0, path: "", reason: "is not an array of keys")
            }
            var keys = [TicketKey]()
            for (index, item) in items.enumerated() {
                keys.append(try ticket(item, path: "[\(index)]"))
            }
            return keys
        } catch {
            throw FileFault(path: origin, reason: "\(error.path): \(error.reason)")
        }
    }

    private static func ticket(_ json: JSON, path: String) throws(JSONError) -> TicketKey {
        var fields = try JSONFields(json, path: path)
        let id = try fields.string("id")
        let name = try fields.string("algorithm")
        guard let algorithm = TicketAlgorithm(rawValue: name) else {
            let allowed = TicketAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
            throw JSONError(offset: 0, path: "\(path).algorithm", reason: "is none of \(allowed)")
        }
        let material: String
        if algorithm == .hs256 {
            material = try fields.string("secret", maxBytes: 1024)
        } else if let own = try fields.optionalString("private_key", maxBytes: 4096) {
            material = own
        } else {
            material = try fields.string("public_key", maxBytes: 4096)
        }
        let until = try fields.optionalString("until", maxBytes: 64)
        try fields.finish()
        do throws(KeyFault) {
            var untilS = Int64.max
            if let until { untilS = try KeyLine.untilS(until) }
            return try TicketKey(
                id: id, algorithm: algorithm, file: Array(material.utf8), untilS: untilS)
        } catch {
            throw JSONError(offset: 0, path: path, reason: error.description)
        }
    }

    /// The coupons' secrets: lines of `<id 0…255>:hex:<digits>` or `<id>:base64:<text>`, with
    /// ` until=2026-03-01T00:00:00Z` behind it where the key ends then.
    package static func coupons(_ path: String, campaign: String) throws(FileFault) -> CouponCodec {
        try coupons(FileBytes.read(path), from: path, campaign: campaign)
    }

    package static func coupons(
        _ bytes: [UInt8], from origin: String, campaign: String
    ) throws(FileFault) -> CouponCodec {
        var keys: [UInt8: Secret] = [:]
        var untilS: [UInt8: Int64] = [:]
        for (index, text) in FileBytes.lines(of: bytes).enumerated() {
            let line: KeyLine
            do { line = try KeyLine(text) } catch { throw FileFault(path: origin, reason: error.description) }
            let parts = line.text.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, let id = UInt8(parts[0]), keys[id] == nil,
                let secret = try? Secret(text: Array(parts[1].utf8))
            else {
                throw FileFault(
                    path: origin,
                    reason: "key \(index + 1) is not <id 0-255>:hex:<digits>, or its id stands twice")
            }
            keys[id] = secret
            untilS[id] = line.untilS
        }
        do throws(KeyFault) {
            return try CouponCodec(campaign: campaign, keys: keys, untilS: untilS)
        } catch {
            throw FileFault(path: origin, reason: error.description)
        }
    }

    /// Who may use the admin port: lines of `name:<SHA-256 of the key, hexadecimal>`, with an end date as the
    /// coupons' have it.
    package static func operators(_ path: String) throws(FileFault) -> APIKeyring {
        try operators(FileBytes.read(path), from: path)
    }

    package static func operators(_ bytes: [UInt8], from origin: String) throws(FileFault) -> APIKeyring {
        do throws(KeyFault) {
            return try APIKeyring(lines: FileBytes.lines(of: bytes))
        } catch {
            throw FileFault(path: origin, reason: error.description)
        }
    }

    /// Where a game's secrets stand: `<directory>/<game>.secret`.
    package static func gamePath(_ id: String, directory: String) -> String {
        "\(directory)/\(id).secret"
    }

    /// What a game's deliveries are signed with: its file read in the form that its signature wants, see
    /// `GameSecrets`.
    package static func signer(_ game: Game, directory: String) throws(FileFault) -> GameSigner {
        let path = gamePath(game.id, directory: directory)
        return try signer(game, FileBytes.read(path), from: path)
    }

    /// The same of bytes that have been read; `origin` is what a fault names.
    package static func signer(
        _ game: Game, _ bytes: [UInt8], from origin: String
    ) throws(FileFault) -> GameSigner {
        do throws(KeyFault) {
            let secrets = try GameSecrets(lines: FileBytes.lines(of: bytes))
            switch game.dialect?.signature ?? .standardWebhooks {
            case .standardWebhooks: return .webhook(try WebhookSigner(secrets))
            case .hmacQuery: return .query(QuerySigner(secrets: secrets))
            }
        } catch {
            throw FileFault(path: origin, reason: error.description)
        }
    }
}
