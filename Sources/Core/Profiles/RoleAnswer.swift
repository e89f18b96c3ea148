import Catalog
import Wire

/// The answer of a game's role service (IDIP) about one person:
/// ```
/// {"registered_at": 1700000000 | null, "roles": [{"region": "s1", "role": "123456"}]}
/// ```
/// `registered_at` is in Unix seconds, null = never registered. Fields we do not know are passed over: the
/// service is not ours, and may tell more some day.
package enum RoleAnswer {
    /// - Returns: nil = never registered.
    /// - Throws: where the answer must not be believed; nothing of it may be kept then.
    package static func parse(_ bytes: [UInt8], game: Game) throws(JSONError) -> GameProfile? {
        var fields = try JSONFields(JSON.parse(bytes, limits: .record))
        guard fields.contains("registered_at") else { throw fields.fault("registered_at", "missing") }
        let registeredAt = try fields.optionalInteger("registered_at", in: 0...Int64(UInt32.max))
        let entries = try fields.array("roles", max: Profile.maxRolesAGame)
        guard let registeredAt else {
            guard entries.isEmpty else { throw fields.fault("roles", "roles of one who never registered") }
            return nil
        }
        var roles: [Role] = []
        for (index, entry) in entries.enumerated() {
            var role = try JSONFields(entry, path: "roles[\(index)]")
            let regionID = try role.string("region")
            let id = try role.decimal("role")
            // A region that the catalog does not have cannot be delivered to.
            guard let region = game.region(id: regionID) else { continue }
            let known = Role(region: region.slot, id: id)
            if !roles.contains(known) { roles.append(known) }
        }
        return GameProfile(game: game.slot, registeredAtS: UInt32(registeredAt), roles: roles)
    }

    /// The form that `parse` reads, as the stand-ins of role services give it; nil = never registered.
    package static func json(_ registration: GameProfile?, game: Game) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.key("registered_at")
        if let registration { json.unsigned(UInt64(registration.registeredAtS)) } else { json.null() }
        json.key("roles")
        json.beginArray()
        for role in registration?.roles ?? [] {
            json.beginObject()
            json.key("region")
            json.string(game.regions[Int(role.region)].id)
            json.key("role")
            json.decimalString(role.id)
            json.endObject()
        }
        json.endArray()
        json.endObject()
        return json.bytes
    }
}
