import Credentials
import Wire

/// Keys and secrets from their files. A fault names the file and the key, never what stands in it.
package enum KeyFiles {
    /// The ticket issuer's keys: a JSON array of `{"id","algorithm":"HS256","secret":"base64:…"}` and
    /// `{"id","algorithm":"ES256"|"EdDSA","public_key":"PEM"}` (to sign, `"private_key":"PEM"`).
    package static func tickets(_ path: String) throws(FileFault) -> [TicketKey] {
        let bytes = try FileBytes.read(path)
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
            throw FileFault(path: path, reason: "\(error.path): \(error.reason)")
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
        try fields.finish()
        do throws(KeyFault) {
            return try TicketKey(id: id, algorithm: algorithm, file: Array(material.utf8))
        } catch {
            throw JSONError(offset: 0, path: path, reason: error.description)
        }
    }

    /// The coupons' secrets: lines of `<id 0…255>:hex:<digits>` or `<id>:base64:<text>`.
    package static func coupons(_ path: String, campaign: String) throws(FileFault) -> CouponCodec {
        var keys: [UInt8: Secret] = [:]
        for line in try FileBytes.lines(path) {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, let id = UInt8(parts[0]), keys[id] == nil,
                let secret = try? Secret(text: Array(parts[1].utf8))
            else {
                throw FileFault(
                    path: path, reason: "a line is not <id 0-255>:hex:<digits>, or an id stands twice")
            }
            keys[id] = secret
        }
        do throws(KeyFault) {
            return try CouponCodec(campaign: campaign, keys: keys)
        } catch {
            throw FileFault(path: path, reason: error.description)
        }
    }

    /// Who may use the admin port: lines of `name:<SHA-256 of the key, hexadecimal>`.
    package static func operators(_ path: String) throws(FileFault) -> APIKeyring {
        let lines = try FileBytes.lines(path)
        do throws(KeyFault) {
            return try APIKeyring(lines: lines)
        } catch {
            throw FileFault(path: path, reason: error.description)
        }
    }

    /// What a game's deliveries are signed with: `<directory>/<game>.secret`, one `whsec_…` a line, the first
    /// signs first; two during a rotation.
    package static func game(_ id: String, directory: String) throws(FileFault) -> WebhookSigner {
        let path = "\(directory)/\(id).secret"
        let lines = try FileBytes.lines(path)
        do throws(KeyFault) {
            return try WebhookSigner(secrets: lines)
        } catch {
            throw FileFault(path: path, reason: error.description)
        }
    }
}
