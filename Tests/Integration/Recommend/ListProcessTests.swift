import Foundation
import ProfileRoad
import Profiles
import Stack
import Testing
import Wire

/// `recommend serve` as a process, and what its people see while something behind it fails.
@Suite("Recommend as a process", .serialized)
struct ListProcessTests {
    @Test("an edit is served, a bad one is not and is told of, and the way back is served again")
    func edits() async throws {
        try await ListHouse.with { house in
            #expect(try house.gift("plenty", of: 1)?["claimable"] == .bool(true))
            let good = try String(contentsOfFile: "\(house.campaign.directory)/gifts.json", encoding: .utf8)
            try house.edit("gifts.json") {
                $0.replacingOccurrences(
                    of: "\"highValue\": false", with: "\"highValue\": false, \"paused\": true")
            }
            #expect(
                try await eventually { try house.gift("plenty", of: 1)?["reason"] == .string("paused") }
            )
            // Half a file, as a careless hand leaves it: what was served before stays.
            try house.edit("gifts.json") { String($0.dropLast($0.count / 2)) }
            #expect(
                try await eventually {
                    try house.admin("/metrics").text.contains("recommend_catalog_refused 1")
                })
            let readiness = try house.admin("/readyz")
            #expect(readiness.status == 200)
            #expect(readiness.text.contains("gifts.json") && readiness.text.contains("not served"))
            #expect(try house.gift("plenty", of: 1)?["reason"] == .string("paused"))
            // A frozen thing, whole and well-formed.
            try house.edit("gifts.json") { _ in
                good.replacingOccurrences(of: "\"id\": \"scarce\"", with: "\"id\": \"other\"")
            }
            #expect(
                try await eventually {
                    try house.admin("/v1/admin/status").text.contains("slot 1 is scarce's")
                })
            try house.edit("gifts.json") { _ in good }
            #expect(
                try await eventually { try house.gift("plenty", of: 1)?["claimable"] == .bool(true) })
            #expect(try house.admin("/metrics").text.contains("recommend_catalog_refused 0"))
        }
    }

    @Test("promise 7: a role service that hangs or errs costs its own games' knowledge, and no list")
    func roles() async throws {
        try await ListHouse.with(settings: "profiles: {deadline: 100ms, role_timeout: 60s}") { house in
            #expect(try house.list(1)["degraded"] == .bool(false))
            house.roles.set(.hangs)
            let list = try house.list(2)
            #expect(list["degraded"] == .bool(true) && list["missing"] == .array([.string("carp")]))
            #expect(try house.gift("plenty", of: 2)?["claimable"] == .string("unknown"))
            // Who is known is not touched.
            #expect(try house.list(1)["degraded"] == .bool(false))
            // The late answer is kept.
            house.roles.set(.answers)
            house.roles.release()
            #expect(
                try await eventually { try house.list(2)["degraded"] == .bool(false) })
            house.roles.set(.errs)
            #expect(try house.list(3)["missing"] == .array([.string("carp")]))
        }
    }

    @Test("Redis stopped, killed and back: lists go on, and say what is missing")
    func redis() async throws {
        try await ListHouse.with(settings: "profiles: {cache_bytes: 0}") { house in
            #expect(try house.list(1)["degraded"] == .bool(false))
            house.redis.pause()
            let list = try house.list(1)
            #expect(list["degraded"] == .bool(true))
            guard case .array(let gifts) = list["gifts"] else { return }
            #expect(gifts.count == 3)
            house.redis.resume()
            #expect(try await eventually { try house.list(1)["degraded"] == .bool(false) })
            #expect(try house.admin("/readyz").status == 200)
        }
    }

    @Test("a profile of an older form or damaged is a miss, counted, and written anew")
    func repair() async throws {
        try await ListHouse.with(settings: "profiles: {cache_bytes: 0}") { house in
            _ = try house.list(5)
            let key = ProfileRoad.key(campaign: ClaimCampaign.id, user: 5)
            // It is written a moment after the answer.
            var whole: [UInt8] = []
            for _ in 0..<1200 where whole.isEmpty {
                whole = try await house.stored(key) ?? []
                if whole.isEmpty { await ClaimHouse.moment() }
            }
            #expect(!whole.isEmpty)
            let asked = house.roles.asked
            try await house.store(key, Array(whole.dropLast()) + [whole.last! ^ 1])
            #expect(try house.list(5)["degraded"] == .bool(false))
            #expect(house.roles.asked == asked + 1)
            var repaired = false
            for _ in 0..<1200 where !repaired {
                let bytes = try await house.stored(key) ?? []
                repaired = (try? ProfileCodec.decode(bytes, user: 5)) != nil
                if !repaired { await ClaimHouse.moment() }
            }
            #expect(repaired)
            let isCounted = try await eventually {
                try house.admin("/metrics").text.split(separator: "\n").contains { line in
                    line.hasPrefix("profile_store_people_total") && line.contains("damaged")
                        && !line.hasSuffix(" 0")
                }
            }
            #expect(isCounted)
        }
    }

    @Test("early 503 with Retry-After where too many lists wait; the admin port does not notice")
    func overload() async throws {
        let settings = """
            profiles: {deadline: 10s, role_timeout: 60s}
            limits: {max_waiting: 3}
            """
        try await ListHouse.with(settings: settings) { house in
            #expect(try house.list(8)["degraded"] == .bool(false))
            house.roles.set(.hangs)
            let open = try (UInt64(1)...3).map { user in
                let ticket = try ListHouse.ticket(user)
                return try OpenRequest(
                    port: house.port,
                    "GET /v1/gifts HTTP/1.1\r\nhost: a\r\nauthorization: Bearer \(ticket)\r\n\r\n")
            }
            #expect(
                try await eventually {
                    try house.admin("/v1/admin/status").text.contains("\"waiting_lists\":3")
                })
            let refused = try house.get("/v1/gifts", user: 9)
            #expect(refused.status == 503 && refused.header("retry-after") == "1")
            // Who is known waits for nobody.
            #expect(try house.get("/v1/gifts", user: 8).status == 200)
            #expect(try house.admin("/livez").status == 200)
            #expect(try house.admin("/metrics").status == 200)
            house.roles.set(.answers)
            house.roles.release()
            for request in open { #expect(try request.answer().hasPrefix("HTTP/1.1 200 ")) }
            #expect(try house.get("/v1/gifts", user: 9).status == 200)
        }
    }

    @Test("a client that stops in the middle of a request is cut off with 408")
    func slow() async throws {
        try await ListHouse.with { house in
            let request = try OpenRequest(port: house.port, "GET /v1/gifts HTTP/1.1\r\nhost:")
            #expect(try request.answer().hasPrefix("HTTP/1.1 408 "))
        }
    }
}
