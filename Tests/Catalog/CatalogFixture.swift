import Catalog
import Foundation
import Wire

/// A small valid campaign as JSON values, to be broken in one place by a test.
struct CatalogFixture {
    static let directory = "StaticData/campaigns/lantern"

    var campaign: JSON
    var games: JSON
    var gifts: JSON

    init() throws {
        campaign = try Self.parse(Self.campaignText)
        games = try Self.parse(Self.gamesText)
        gifts = try Self.parse(Self.giftsText)
    }

    func load(
        substitutions: [String: String] = [:], allowUnset: Bool = false
    ) throws(CatalogFaults) -> Catalog {
        try CatalogLoader.load(
            campaign: Self.bytes(campaign), games: Self.bytes(games), gifts: Self.bytes(gifts),
            directory: Self.directory, substitutions: substitutions, allowUnset: allowUnset)
    }

    /// The faults of the campaign as it stands; empty = it loads.
    func faults() -> [CatalogFault] {
        do {
            _ = try load()
            return []
        } catch {
            return error.faults
        }
    }

    static func parse(_ text: String) throws -> JSON {
        try JSON.parse(Array(text.utf8), limits: .document)
    }

    static func bytes(_ json: JSON) -> [UInt8] {
        var writer = JSONWriter()
        write(json, &writer)
        return writer.bytes
    }

    private static func write(_ json: JSON, _ writer: inout JSONWriter) {
        switch json {
        case .null: writer.null()
        case .bool(let value): writer.bool(value)
        case .integer(let value): writer.integer(value)
        case .double(let value): writer.double(value)
        case .string(let value): writer.string(value)
        case .array(let elements):
            writer.beginArray()
            for element in elements { write(element, &writer) }
            writer.endArray()
        case .object(let object):
            writer.beginObject()
            for member in object.members {
                writer.key(member.key)
                write(member.value, &writer)
            }
            writer.endObject()
        }
    }

    /// The repository's root.
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func file(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: root.appending(path: path)))
    }

    private static let campaignText = """
        {"id": "lantern", "title": {"en": "Lanterns", "zh": "灯"},
         "opensAt": "2026-01-01T00:00:00Z", "closesAt": "2026-02-01T00:00:00Z",
         "settlesAt": "2026-02-02T00:00:00Z", "endsAt": "2026-02-03T00:00:00Z",
         "couponKinds": [{"id": "swipe", "slot": 0, "title": {"en": "Swipe", "zh": "刷"}},
                         {"id": "scan", "slot": 1, "title": {"en": "Scan", "zh": "扫"}}],
         "totalLimit": {"perSecond": 100, "burst": 40}, "deliveryWindowMs": 172800000,
         "storage": {"shards": 4, "claimBuckets": 16, "ordersPartitions": 2, "outcomesPartitions": 2,
                     "retryTiersMs": [30000, 120000], "replication": 1},
         "ranking": {"preference": 0.7, "popularity": 0.2, "freshness": 0.1, "freshHalfLifeMs": 60000,
                     "dimensions": 2},
         "quotas": {"perPerson": 50, "perPersonGift": 2, "perPersonDay": 5, "dayOffsetMinutes": 480},
         "approval": {"hold": "suspicious", "claimsPerDevice": 5, "claimsPerAddress": 20,
                      "minAccountAgeDays": 30, "twoPersonsFrom": 1000, "capPerOperatorPerDay": 100}}
        """

    private static let gamesText = """
        {"games": [
         {"id": "kites", "slot": 1, "name": {"en": "Kites", "zh": "风筝"},
          "limit": {"perSecond": 30, "burst": 10}, "maxConcurrency": 5, "requestTimeoutMs": 1000,
          "connectTimeoutMs": 500, "endpoint": "https://kites.example/grant",
          "roleServiceEndpoint": "https://kites.example/roles?user={user}", "idempotent": false,
          "regions": [{"id": "s1", "slot": 0, "name": {"en": "One", "zh": "一"}}]},
         {"id": "boats", "slot": 0, "name": {"en": "Boats", "zh": "船"},
          "limit": {"perSecond": 60.5, "burst": 12}, "maxConcurrency": 6, "requestTimeoutMs": 1000,
          "connectTimeoutMs": 500, "endpoint": "http://10.0.0.1:8080/grant",
          "queryEndpoint": "http://10.0.0.1:8080/orders/{order}",
          "roleServiceEndpoint": "http://10.0.0.1:8080/roles/{user}", "idempotent": true,
          "regions": [{"id": "s2", "slot": 1, "name": {"en": "Two", "zh": "二"}},
                      {"id": "s1", "slot": 0, "name": {"en": "One", "zh": "一"}}]}]}
        """

    private static let giftsText = """
        {"gifts": [
         {"id": "rope", "slot": 0, "game": "kites", "title": {"en": "Rope", "zh": "绳"},
          "image": "gifts/rope.svg", "audience": "new", "stock": 10, "items": [{"id": "rope", "count": 2}],
          "highValue": false, "value": 88, "amount": {"total": 1000, "draw": "double_average"},
          "features": [1, 0.5], "popularity": 0.5, "freshAt": "2026-01-05T00:00:00Z"},
         {"id": "sail", "slot": 1, "game": "boats", "title": {"en": "Sail", "zh": "帆"},
          "image": "sail.png", "audience": "everyone", "stock": 0,
          "items": [{"id": "sail", "count": 1}, {"id": "mast", "count": 1}], "highValue": true,
          "features": [], "popularity": 1, "freshAt": "2026-01-05T08:00:00+08:00"}]}
        """
}

extension JSON {
    /// This value with the member at `path` (keys and indices between dots, `games.0.id`) replaced; nil
    /// removes it; a key that is not there is added.
    func with(_ path: String, _ value: JSON?) -> JSON {
        with(path.split(separator: ".").map(String.init)[...], value)
    }

    subscript(path: String) -> JSON? {
        path.split(separator: ".").reduce(Optional(self)) { json, step in
            switch json {
            case .object(let object): object[String(step)]
            case .array(let elements): elements[Int(step)!]
            default: nil
            }
        }
    }

    private func with(_ path: ArraySlice<String>, _ value: JSON?) -> JSON {
        guard let step = path.first else { return value ?? .null }
        let rest = path.dropFirst()
        switch self {
        case .array(var elements):
            let index = Int(step)!
            if index == elements.count, let value {
                elements.append(value)
            } else if rest.isEmpty, value == nil {
                elements.remove(at: index)
            } else {
                elements[index] = elements[index].with(rest, value)
            }
            return .array(elements)
        case .object(let object):
            var out = JSONObject()
            for member in object.members {
                if member.key != step {
                    _ = out.add(member.key, member.value)
                } else if !rest.isEmpty || value != nil {
                    _ = out.add(member.key, member.value.with(rest, value))
                }
            }
            if object[step] == nil, let value { _ = out.add(step, value) }
            return .object(out)
        default:
            return value ?? self
        }
    }
}
