import Bench
import Catalog
import Foundation
import Profiles
import Stack
import Wire

/// nginx with LuaJIT and Redis doing the same two-level list (Benchmarks/Peers/recommend/peer.lua): its
/// plan of the campaign, its form of a person, and the server.
struct LuaPeer {
    private let stage: Stage
    private let catalog: Catalog

    init(_ stage: Stage, _ catalog: Catalog) {
        self.stage = stage
        self.catalog = catalog
    }

    func start(redisPort: Int) throws -> Nginx {
        let plan = "\(stage.run.path)/plan.lua"
        try planText.write(toFile: plan, atomically: true, encoding: .utf8)
        return try Nginx(
            stage, main: try Self.modules(stage),
            http: """
                lua_package_path "\(stage.peers)/?.lua;/usr/share/lua/5.1/?.lua;;";
                lua_socket_log_errors off;
                init_by_lua_block {
                    require "resty.core"
                    require("peer").init("\(plan)", \(redisPort), "\(stage.tickets.secretHex)")
                }
                """,
            location: "content_by_lua_block { require(\"peer\").list() }")
    }

    /// The modules' place differs from system to system; nginx says where it is.
    private static func modules(_ stage: Stage) throws -> String {
        let asked = try ChildProcess(
            name: stage.childName("nginx-version"), executable: try ServiceProgram.locateInPath("nginx"),
            arguments: ["-V"], in: stage.run)
        _ = asked.waitForExit(within: .seconds(10))
        let text = asked.logTail(lines: 100)
        guard let found = text.firstMatch(of: /--modules-path=(\S+)/) else {
            throw StackFailure("nginx does not say where its modules are")
        }
        return "load_module \(found.1)/ndk_http_module.so;\nload_module \(found.1)/ngx_http_lua_module.so;"
    }

    // MARK: - A person

    static func key(user: UInt64) -> String { "peer:\(user)" }

    /// The record that peer.lua reads in place; integers and floats little endian.
    func record(_ profile: Profile) -> [UInt8] {
        var out: [UInt8] = []
        let length = profile.preference.reduce(Double(0)) { $0 + Double($1) * Double($1) }.squareRoot()
        for value in profile.preference {
            Self.append(Float(Double(value) / length).bitPattern, &out)
        }
        let textStart = out.count + 8 * catalog.games.count
        var texts: [UInt8] = []
        for game in catalog.games {
            let entry = profile.game(game.slot)
            let text = roles(entry, game)
            let absent: UInt32 = profile.knows(game.slot) ? 0 : .max
            Self.append(entry.map { $0.roles.isEmpty ? absent : $0.registeredAtS } ?? absent, &out)
            Self.append(UInt16(textStart + texts.count), &out)
            Self.append(UInt16(text.count), &out)
            texts += text
        }
        return out + texts
    }

    private static func append(_ value: some FixedWidthInteger, _ out: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { out.append(contentsOf: $0) }
    }

    private func roles(_ entry: GameProfile?, _ game: Game) -> [UInt8] {
        let texts = (entry?.roles ?? []).map { role in
            "{\"region\":\"\(game.regions[Int(role.region)].id)\",\"role\":\"\(role.id)\"}"
        }
        return Array(texts.joined(separator: ",").utf8)
    }

    // MARK: - The campaign

    /// What peer.lua loads: a Lua table.
    private var planText: String {
        let campaign = catalog.campaign
        let weights = campaign.ranking
        let gifts = catalog.gifts.map { gift in
            let audience = Audience.allCases.firstIndex(of: gift.audience)!
            let features = gift.features.map { "\($0)" }.joined(separator: ",")
            return "{game=\(gift.game),audience=\(audience),popularity=\(gift.popularity),"
                + "fresh_at=\(gift.freshAtMs),features={\(features)},fragment=[==[\(fragment(gift))]==]}"
        }
        return """
            return {
              games=\(catalog.games.count), dimensions=\(weights.dimensions),
              preference=\(weights.preference), popularity=\(weights.popularity),
              freshness=\(weights.freshness), half_life=\(weights.freshHalfLifeMs),
              neighbours=\(weights.neighbours ?? 0), opens_at=\(campaign.opensAtMs / 1000),
              ticket_header=[==[\(stage.tickets.header)]==],
              audience_claim=[==["aud":"\(TicketDesk.audience)"]==],
              head=[==[{"campaign":"\(campaign.id)","degraded":false,"missing":[],"gifts":[]==],
              gifts={\(gifts.joined(separator: ",\n"))}
            }

            """
    }

    /// The part of a gift's entry that is the same for everybody, up to `"claimable":`.
    private func fragment(_ gift: Gift) -> String {
        var json = JSONWriter()
        json.beginObject()
        json.key("id")
        json.string(gift.id)
        json.key("game")
        json.string(catalog.games[Int(gift.game)].id)
        json.key("title")
        json.localized(gift.title)
        json.key("image")
        json.string("/" + gift.image)
        json.key("audience")
        json.string(gift.audience.rawValue)
        json.key("claimable")
        return String(decoding: json.bytes, as: UTF8.self)
    }
}
