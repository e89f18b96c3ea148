import Credentials
import Foundation
import HTTPServer
import Orders
import Testing
import Wire

@Suite("Games' dialects and secrets in a running deliverer", .serialized)
struct FollowDialectTests {
    private func nowS() -> Int64 { Int64(Date().timeIntervalSince1970) }

    private func isSigned(_ request: FollowGame.Request, by secret: String) throws -> Bool {
        let verifier = try WebhookVerifier(secrets: [secret])
        do throws(WebhookError) {
            try verifier.verify(
                id: request.headers["webhook-id"] ?? "",
                timestamp: request.headers["webhook-timestamp"] ?? "",
                signatures: request.headers["webhook-signature"] ?? "", body: request.body, nowS: nowS())
            return true
        } catch { return false }
    }

    @Test("PUT of a template, then GET with a signed query: over a real socket, from one order to the next")
    func dialects() async throws {
        try await FollowHouse.with { house in
            try house.edit(
                "/grants/{order}",
                #", "dialect": {"method": "PUT", "headers": {"x-shop": "7"}, "#
                    + #""body": {"template": "{\"who\":\"{user}\",\"items\":{items}}"}, "success": [200]}"#)
            #expect(try await eventually { try house.loads() == 1 }, "\(house.deliverer.log)")
            let put = try await house.order(1, lane: 1)
            #expect(try await eventually { try await house.areDelivered(put) })
            let first = try #require(house.book.requests.last)
            #expect(first.method == .put && first.target == "/grants/\(put[0].text)")
            #expect(
                String(decoding: first.body, as: UTF8.self)
                    == #"{"who":"1048576","items":[{"id":"gold","count":1}]}"#)
            #expect(first.headers["x-shop"] == "7" && first.headers["content-type"] == "application/json")
            #expect(try isSigned(first, by: FollowHouse.old))

            try house.edit("/cgi/send?order={order}&uid={user}", #", "dialect": \#(Self.signedGet)"#)
            #expect(try await eventually { try house.loads() == 2 }, "\(house.deliverer.log)")
            house.book.answer(#"{"ret": 0}"#)
            let get = try await house.order(1, lane: 2)
            #expect(try await eventually { try await house.areDelivered(get) })
            let second = try #require(house.book.requests.last)
            #expect(second.method == .get && second.path == "/cgi/send" && second.body.isEmpty)
            #expect(second.headers["webhook-signature"] == nil)
            #expect(second.query.map(\.0) == ["order", "uid", "t", "s"])
            let source = ["order", "t", "uid"].map { "\($0)=\(second.parameter($0) ?? "")" }
                .joined(separator: "&")
            var signature: [UInt8] = []
            QuerySigner(secrets: try GameSecrets(lines: [FollowHouse.old])).appendSignature(
                over: Array(source.utf8), nowS: nowS(), to: &signature)
            #expect(second.parameter("s") == String(decoding: signature, as: UTF8.self))
            #expect(second.parameter("order") == get[0].text)
        }
    }

    private static let signedGet = #"""
        {"method": "GET", "signature": {"scheme": "hmac-query", "timestamp": "t", "parameter": "s"},
         "rules": [{"field": "ret", "equals": 0, "means": "granted"}]}
        """#

    @Test("a scheme that the secrets do not fit is served as soon as they do, and until then the old one is")
    func schemeWaitsForSecrets() async throws {
        try await FollowHouse.with { house in
            try house.edit("/cgi?order={order}", #", "dialect": \#(Self.signedGet)"#)
            #expect(try await eventually { try house.loads() == 1 }, "\(house.deliverer.log)")
            // Good for signed parameters only.
            let secret = "hex:" + String(repeating: "ab", count: 32)
            try house.secret(secret)
            try house.edit("/hooks")
            #expect(
                try await eventually { try house.admin("/readyz").contains("not served") },
                "\(house.deliverer.log)")
            house.book.answer(#"{"ret": 0}"#)
            let before = try await house.order(3, lane: 1)
            #expect(try await eventually { try await house.areDelivered(before) })
            #expect(house.book.requests.allSatisfy { $0.path == "/cgi" })
            try house.secret(FollowHouse.new)
            #expect(try await eventually { try house.loads() == 2 }, "\(house.deliverer.log)")
            let after = try await house.order(3, lane: 2)
            #expect(try await eventually { try await house.areDelivered(after) })
            let last = house.book.requests.suffix(3)
            #expect(last.allSatisfy { $0.path == "/hooks" })
            #expect(try last.allSatisfy { try isSigned($0, by: FollowHouse.new) })
        }
    }

    @Test("a secret is rotated: both signatures until the old one's end, the new one alone from then on")
    func rotation() async throws {
        try await FollowHouse.with { house in
            let alone = try await house.order(2, lane: 1)
            #expect(try await eventually { try await house.areDelivered(alone) })
            #expect(try house.book.requests.allSatisfy { try isSigned($0, by: FollowHouse.old) })
            let endS = nowS() + 12
            let until = UTCTimestamp.rfc3339(unixMs: endS * 1000)
            try house.secret("\(FollowHouse.old) until=\(until)\n\(FollowHouse.new)")
            var lane: UInt32 = 1
            func areSeen(_ isWanted: (FollowGame.Request) throws -> Bool) async throws -> Bool {
                try await eventually {
                    lane += 1
                    let orders = try await house.order(1, lane: lane)
                    let isDelivered = try await eventually { try await house.areDelivered(orders) }
                    guard isDelivered else { return false }
                    return try isWanted(try #require(house.book.requests.last))
                }
            }
            #expect(
                try await areSeen {
                    try isSigned($0, by: FollowHouse.old) && isSigned($0, by: FollowHouse.new)
                })
            #expect(
                try await areSeen {
                    try !isSigned($0, by: FollowHouse.old) && isSigned($0, by: FollowHouse.new)
                })
            // Never without the old one before its end, nor with it after.
            for request in house.book.requests where try isSigned(request, by: FollowHouse.new) {
                let atS = try #require(request.headers["webhook-timestamp"].flatMap { Int64($0) })
                #expect(try isSigned(request, by: FollowHouse.old) == (atS < endS))
            }
        }
    }
}
