import Wire

extension ListedGift {
    /// Larger lists are not read.
    static let limits = JSONLimits(maxBytes: 256 << 10, maxDepth: 16, maxNodes: 16_384)

    /// Reads the list that Recommend answered with: `{"gifts":[{"id","game","claimable",…}]}`; what a person
    /// does not need is passed over.
    static func read(_ body: [UInt8]) throws(JSONError) -> [ListedGift] {
        guard case .object(let root) = try JSON.parse(body, limits: limits),
            case .array(let gifts) = root["gifts"]
        else { throw JSONError(path: "gifts", reason: "not a list") }
        var listed: [ListedGift] = []
        listed.reserveCapacity(gifts.count)
        for (index, gift) in gifts.enumerated() {
            guard case .object(let fields) = gift, case .string(let id) = fields["id"],
                case .string(let game) = fields["game"]
            else { throw JSONError(path: "gifts[\(index)]", reason: "not a gift") }
            listed.append(
                ListedGift(
                    id: id, game: game, claimable: claimable(fields["claimable"]),
                    places: places(fields["roles"])))
        }
        return listed
    }

    private static func claimable(_ json: JSON?) -> Claimable {
        switch json {
        case .bool(true), .string("yes"): .yes
        case .string("unknown"): .unknown
        default: .no
        }
    }

    private static func places(_ json: JSON?) -> [Place] {
        guard case .array(let entries) = json else { return [] }
        return entries.compactMap { entry in
            guard case .object(let fields) = entry, case .string(let region) = fields["region"],
                case .string(let role) = fields["role"]
            else { return nil }
            return Place(region: region, role: role)
        }
    }
}
