import Catalog
import Credentials
import Wire

/// The secrets of one stack: drawn anew, written into its run directory, readable by the owner only.
struct HouseSecrets: Sendable {
    /// Who the demo is at the admin ports.
    static let operatorName = "demo"
    private static let ownerOnly: UInt32 = 0o600

    let directory: String
    /// The key that opens the admin ports.
    let adminKey: String

    var ticketsFile: String { "\(directory)/tickets.json" }
    /// The same keys' private halves, for the login service that the Simulator plays.
    var signersFile: String { "\(directory)/signers.json" }
    var couponsFile: String { "\(directory)/coupons.keys" }
    var operatorsFile: String { "\(directory)/operators.keys" }
    var adminKeyFile: String { "\(directory)/admin.key" }
    /// One `<game>.secret` each.
    var gamesDirectory: String { directory }

    /// Draws and writes everything into `directory`, which must exist.
    static func draw(for catalog: Catalog, in directory: String) throws(NotesFault) -> HouseSecrets {
        let key = "hb_" + String(decoding: Base64URL.encode(RandomBytes.draw(32)), as: UTF8.self)
        let secrets = HouseSecrets(directory: directory, adminKey: key)
        let pairs = [
            TicketKeyPair(id: "login-hs", algorithm: .hs256),
            TicketKeyPair(id: "login-es", algorithm: .es256),
            TicketKeyPair(id: "login-ed", algorithm: .edDSA),
        ]
        try NotesFile.write(file(of: pairs, signs: false), to: secrets.ticketsFile, mode: ownerOnly)
        try NotesFile.write(file(of: pairs, signs: true), to: secrets.signersFile, mode: ownerOnly)
        let coupon = String(decoding: Hex.encode(bytes: RandomBytes.draw(32)), as: UTF8.self)
        try NotesFile.write("1:hex:\(coupon)\n", to: secrets.couponsFile, mode: ownerOnly)
        let line = APIKeyring.line(name: operatorName, key: key.utf8)
        try NotesFile.write("\(line)\n", to: secrets.operatorsFile, mode: ownerOnly)
        try NotesFile.write("\(key)\n", to: secrets.adminKeyFile, mode: ownerOnly)
        for game in catalog.games {
            let secret = String(decoding: Base64.encode(RandomBytes.draw(32)), as: UTF8.self)
            try NotesFile.write("whsec_\(secret)\n", to: "\(directory)/\(game.id).secret", mode: ownerOnly)
        }
        return secrets
    }

    private static func file(of pairs: [TicketKeyPair], signs: Bool) -> [UInt8] {
        var json = JSONWriter(reserving: 2048)
        json.beginArray()
        for pair in pairs { pair.write(into: &json, signs: signs) }
        json.endArray()
        return json.bytes
    }
}
