import CampaignFiles
import Catalog
import Foundation
import OrderStore
import Orders
import Testing

/// What an edit puts behind the last gift pack, and what stands there.
private enum Pack {
    static let jewel = #""freshAt": "2020-01-01T00:00:00Z"}]}"#

    static let late = #"""
        "freshAt": "2020-01-01T00:00:00Z"},
        {"id": "late", "slot": 3, "game": "carp", "title": {"en": "late", "zh": "礼"}, "image": "a.svg",
         "audience": "everyone", "stock": 10, "items": [{"id": "pearl", "count": 5}], "highValue": false,
         "features": [], "popularity": 0.5, "freshAt": "2020-01-01T00:00:00Z"}]}
        """#
}

@Suite("Edits of the campaign's files under a running deliverer", .serialized)
struct FollowTests {
    @Test("an endpoint, a pack and a limit are followed while orders flow; a broken edit changes nothing")
    func edits() async throws {
        try await FollowHouse.with { house in
            let first = try await house.order(20, lane: 1)
            #expect(try await eventually { try await house.areDelivered(first) })
            #expect(house.book.requests.allSatisfy { $0.path == "/grant" })

            // An order of a pack that nobody has heard of here: doubted, not buried.
            let catalog = try house.catalog(with: [Pack.jewel: Pack.late])
            let late = try await house.order(1, lane: 2, gift: 3, of: catalog)
            let limit = #""limit": {"perSecond": 1000, "burst": 100}, "maxConcurrency": 50"#
            try house.edit(
                "/grant-2/{order}", "",
                [
                    Pack.jewel: Pack.late,
                    limit: #""limit": {"perSecond": 77, "burst": 20}, "maxConcurrency": 9"#,
                ])
            #expect(try await eventually { try await house.areDelivered(late) })
            let request = try #require(house.book.requests.last)
            #expect(request.path == "/grant-2/\(late[0].text)")
            #expect(String(decoding: request.body, as: UTF8.self).contains(#""gift":"late""#))
            #expect(try house.admin("/v1/admin/limits").contains(#""perSecond":77"#))
            #expect(
                try await eventually { try house.admin("/v1/admin/status").contains(#""limit":77"#) })

            let good = try house.text("games.json")
            for broken in [
                "{", good.replacingOccurrences(of: #""id": "carp""#, with: #""id": "koi""#),
                good.replacingOccurrences(of: "/grant-2/", with: "/{nothing}/"),
            ] {
                try house.overwrite("games.json", broken)
                #expect(
                    try await eventually { try house.admin("/metrics").contains("catalog_refused 1") })
                #expect(try house.admin("/readyz").contains("an edit is not served"))
                let count = house.book.requests.count
                let orders = try await house.order(2, lane: UInt32(10 + count))
                #expect(try await eventually { try await house.areDelivered(orders) })
                #expect(house.book.requests.dropFirst(count).allSatisfy { $0.path.hasPrefix("/grant-2/") })
                try house.overwrite("games.json", good)
                #expect(
                    try await eventually { try house.admin("/metrics").contains("catalog_refused 0") })
            }
        }
    }

    @Test("a game that is appended waits for a restart, and the others' edits are followed")
    func appended() async throws {
        try await FollowHouse.with { house in
            let text = try house.text("games.json")
            let game = try #require(text.firstRange(of: "{\"id\": \"carp\"")).lowerBound
            let entry = text[game...].dropLast(2)
                .replacingOccurrences(of: #""id": "carp", "slot": 0"#, with: #""id": "koi", "slot": 1"#)
            try house.overwrite(
                "games.json",
                text.dropLast(2).replacingOccurrences(of: "/grant", with: "/other") + ", \(entry)]}")
            #expect(
                try await eventually {
                    try house.admin("/readyz").contains("koi: added after the start")
                },
                "\(house.deliverer.log)")
            let orders = try await house.order(5, lane: 1)
            #expect(try await eventually { try await house.areDelivered(orders) })
            #expect(house.book.requests.allSatisfy { $0.path == "/other" })
            #expect(try !house.admin("/v1/admin/status").contains("koi"))
        }
    }

    @Test("what was sent before an edit of the answers is read as it was before")
    func answersInFlight() async throws {
        try await FollowHouse.with { house in
            house.book.hold()
            let orders = try await house.order(1, lane: 1)
            #expect(try await eventually { house.book.held == 1 })
            // From now on only ret 0 is granted, and every other value rejects for good.
            try house.edit(
                "/grant",
                #", "dialect": {"rules": [{"field": "ret", "equals": 0, "means": "granted"}], "#
                    + #""otherwise": "rejected"}"#)
            #expect(
                try await eventually {
                    try house.admin("/metrics").contains(#"catalog_reloads_total{result="loaded"} 1"#)
                }, "\(house.deliverer.log)")
            house.book.release(#"{"ret": 1}"#)
            #expect(try await eventually { try await house.areDelivered(orders) })
            house.book.answer(#"{"ret": 1}"#)
            let refused = try await house.order(1, lane: 2)
            #expect(
                try await eventually {
                    try await house.store { try await $0.states(refused) }[refused[0]] == .rejected
                })
        }
    }
}
