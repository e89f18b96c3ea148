import Catalog
import Profiles
import Wire

/// One line of what `recommend load-profiles` reads:
/// ```
/// {"user":"123","vector":[0.1,…],
///  "games":[{"game":"dragon-tide","registered_at":1700000000,"roles":[{"region":"east","role":"77"}]}]}
/// ```
/// on one line; `vector` or `games` may be missing, not both. `registered_at` null = never registered there,
/// and no roles then. Nothing else may stand in it.
struct ProfileLine: Equatable {
    struct Answer: Equatable {
        /// Slot.
        let game: UInt8
        /// nil = never registered.
        let registration: GameProfile?
    }

    let user: UInt64
    let vector: [Float]?
    /// Each game once.
    let answers: [Answer]

    private static let limits = JSONLimits(
        maxBytes: LineFile.maxLineBytes, maxDepth: 6, maxNodes: 100_000)

    init(_ line: [UInt8], catalog: Catalog) throws(JSONError) {
        var fields = try JSONFields(JSON.parse(line, limits: Self.limits))
        user = try fields.decimal("user")
        vector = try Self.vector(&fields, dimensions: catalog.campaign.ranking.dimensions)
        answers = try Self.answers(&fields, catalog)
        guard vector != nil || !answers.isEmpty else { throw fields.fault("vector", "neither it nor games") }
        try fields.finish()
    }

    private static func vector(_ fields: inout JSONFields, dimensions: Int) throws(JSONError) -> [Float]? {
        guard let elements = try fields.optionalArray("vector", max: CatalogLimits.dimensions) else {
            return nil
        }
        guard elements.count == dimensions else {
            throw fields.fault("vector", "\(elements.count) numbers; the campaign has \(dimensions)")
        }
        var vector: [Float] = []
        for (index, element) in elements.enumerated() {
            let value: Float
            switch element {
            case .integer(let whole): value = Float(whole)
            case .double(let real): value = Float(real)
            default: throw fields.fault("vector[\(index)]", "expected a number, found \(element.kind)")
            }
            guard value.isFinite else { throw fields.fault("vector[\(index)]", "too large") }
            vector.append(value)
        }
        return vector
    }

    private static func answers(
        _ fields: inout JSONFields, _ catalog: Catalog
    ) throws(JSONError) -> [Answer] {
        guard let entries = try fields.optionalArray("games", max: CatalogLimits.games) else { return [] }
        var answers: [Answer] = []
        for (index, entry) in entries.enumerated() {
            let answer = try answer(entry, path: "games[\(index)]", catalog)
            guard !answers.contains(where: { $0.game == answer.game }) else {
                throw fields.fault("games[\(index)].game", "stands twice")
            }
            answers.append(answer)
        }
        return answers
    }

    private static func answer(
        _ entry: JSON, path: String, _ catalog: Catalog
    ) throws(JSONError) -> Answer {
        var fields = try JSONFields(entry, path: path)
        let id = try fields.string("game", maxBytes: CatalogLimits.identifierLength)
        guard let game = catalog.game(id: id) else { throw fields.fault("game", "no such game") }
        guard fields.contains("registered_at") else { throw fields.fault("registered_at", "missing") }
        let registeredAt = try fields.optionalInteger("registered_at", in: 0...Int64(UInt32.max))
        // Whoever does not say as whom a person plays must not be taken for saying "as nobody".
        let entries = try fields.array("roles", max: Profile.maxRolesAGame)
        var roles: [Role] = []
        for (index, entry) in entries.enumerated() {
            var role = try JSONFields(entry, path: "\(path).roles[\(index)]")
            let region = game.region(id: try role.string("region", maxBytes: CatalogLimits.identifierLength))
            guard let region else { throw role.fault("region", "no such region") }
            let own = Role(region: region.slot, id: try role.decimal("role"))
            try role.finish()
            guard !roles.contains(own) else { throw role.fault("role", "stands twice") }
            roles.append(own)
        }
        try fields.finish()
        guard let registeredAt else {
            guard roles.isEmpty else { throw fields.fault("roles", "roles of one who never registered") }
            return Answer(game: game.slot, registration: nil)
        }
        return Answer(
            game: game.slot,
            registration: GameProfile(game: game.slot, registeredAtS: UInt32(registeredAt), roles: roles))
    }
}
