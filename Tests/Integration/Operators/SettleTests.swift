import Foundation
import OrderStore
import Orders
import Stack
import Testing

/// `claim settle` as a process of its own.
private struct SettleHouse {
    let house: ClaimHouse
    let couponsPath: String

    /// - Parameter lines: the coupons' file.
    init(_ house: ClaimHouse, _ lines: [String]) throws {
        self.house = house
        couponsPath = "\(house.run.path)/coupons.txt"
        try write(lines.joined(separator: "\n"), to: couponsPath)
        try write(ClaimHouse.operatorKey + "\n", to: "\(house.run.path)/key")
        try write("no operator's key\n", to: "\(house.run.path)/wrong-key")
    }

    func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    func start(
        checkpoint: String = "checkpoint", key: String = "key", gift: String = "plenty", rate: Int = 2000,
        patience: Int = 120
    ) throws -> ChildProcess {
        try ChildProcess(
            name: "settle", executable: try ServiceProgram.locate("claim"),
            arguments: [
                "settle", "--coupons", couponsPath, "--gift", gift, "--rate", "\(rate)", "--admin",
                "http://127.0.0.1:\(house.adminPort)", "--key-file",
                "\(house.run.path)/\(key)", "--checkpoint", "\(house.run.path)/\(checkpoint)", "--reason",
                "the festival is over", "--patience", "\(patience)",
            ], environment: [:], in: house.run)
    }

    /// Runs it to its end.
    func run(
        checkpoint: String = "checkpoint", key: String = "key", gift: String = "plenty", rate: Int = 2000
    ) throws -> (exit: ChildProcess.Exit?, log: String) {
        let process = try start(checkpoint: checkpoint, key: key, gift: gift, rate: rate)
        let exit = process.waitForExit(within: .seconds(120))
        if exit == nil { process.kill() }
        return (exit, process.logTail(lines: 20))
    }

    /// From its next life on Claim's admin port is the one that it has now.
    func fixAdminPort() throws {
        let settings = try #require(file("claim.yaml"))
        let fixed = settings.replacingOccurrences(
            of: "admin: {host: 127.0.0.1, port: 0", with: "admin: {host: 127.0.0.1, port: \(house.adminPort)")
        #expect(fixed != settings)
        try write(fixed, to: "\(house.run.path)/claim.yaml")
    }

    func file(_ name: String) -> String? {
        try? String(contentsOfFile: "\(house.run.path)/\(name)", encoding: .utf8)
    }

    /// Every one of these coupons has one order, in Redis and in Kafka, and nothing else has.
    func expectOneOrderEach(_ serials: ClosedRange<UInt64>) async throws {
        let claims = try await house.claims()
        #expect(claims.count == serials.count && Set(claims.map(\.coupon)) == Set(serials))
        #expect(Set(claims.map(\.id)).count == serials.count)
        let isProduced = try await eventually {
            try Set(house.produced().map(\.id)) == Set(claims.map(\.id))
        }
        #expect(isProduced)
        var orders: [UInt64: Set<OrderID>] = [:]
        for order in try house.produced() { orders[order.coupon, default: []].insert(order.id) }
        #expect(orders.values.allSatisfy { $0.count == 1 })
    }
}

@Suite("Settling", .serialized)
struct SettleTests {
    private static let people: ClosedRange<UInt64> = 1...600

    /// A house whose first `spent` people have claimed, and whose campaign is now being settled.
    private static func with(
        spent: UInt64, _ body: (SettleHouse) async throws -> Void
    ) async throws {
        try await ClaimHouse.with { house in
            for user in 1...max(spent, 1) where user <= spent {
                #expect(await house.crowd.claimUntilFinal(user: user, serial: user).status == 202)
            }
            house.killClaim()
            try house.campaign.write(ClaimHouse.settling)
            try house.startClaim()
            let lines = Self.people.map { house.crowd.coupon($0, holder: $0, expiresAtS: 1_700_000_000) }
            try await body(try SettleHouse(house, ["# left at the end"] + lines))
        }
    }

    @Test("every coupon left gets one order, those with one are skipped; again, all are; both acts are noted")
    func whole() async throws {
        try await Self.with(spent: 40) { settle in
            let house = settle.house
            #expect(await house.crowd.claim(user: 700, serial: 700).status == 410)
            let first = try settle.run()
            #expect(first.exit == .code(0), "\(first.log)")
            #expect(first.log.contains("600 coupons: 560 granted, 40 had an order, 0 refused"))
            try await settle.expectOneOrderEach(Self.people)
            let again = try settle.run(checkpoint: "another")
            #expect(again.exit == .code(0))
            #expect(again.log.contains("600 coupons: 0 granted, 600 had an order, 0 refused"))
            try await settle.expectOneOrderEach(Self.people)
            let phases = try house.acts().compactMap { act -> ControlRecord.Phase? in
                guard case .settle(_, "plenty", let phase, "tester", "the festival is over", _) = act else {
                    return nil
                }
                return phase
            }
            #expect(phases == [.begun, .done, .begun, .done])
        }
    }

    @Test("promise 1: kill -9 of the client and of Claim in the middle; run again, every coupon one order")
    func killed() async throws {
        try await Self.with(spent: 25) { settle in
            let house = settle.house
            for round in 0..<6 {
                // So slow that six lives of it are over long before all have theirs.
                let process = try settle.start(rate: 60)
                let before = settle.file("checkpoint")
                let moved = try await eventually {
                    settle.file("checkpoint") != before || !process.isRunning
                }
                #expect(moved)
                if round % 2 == 1 {
                    house.killClaim()
                    try house.startClaim(untilReady: false)
                }
                process.kill()
            }
            try house.claim.awaitReady()
            // In the middle indeed: some have theirs, some have not.
            let some = try await house.claims().count
            #expect(some > 25 && some < Self.people.count, "\(some) orders after the kills")
            let last = try settle.run()
            #expect(last.exit == .code(0), "\(last.log)")
            try await settle.expectOneOrderEach(Self.people)
        }
    }

    @Test("a client outlives Claim's death: it waits, and goes on with the one that comes back")
    func claimKilled() async throws {
        try await Self.with(spent: 0) { settle in
            let house = settle.house
            try settle.fixAdminPort()
            let process = try settle.start(rate: 100)
            let isMoving = try await eventually {
                settle.file("checkpoint").map { !$0.contains("\"lines\":0") } ?? false
            }
            #expect(isMoving)
            house.killClaim()
            #expect(process.isRunning)
            try house.startClaim()
            #expect(process.waitForExit(within: .seconds(120)) == .code(0), "\(process.logTail())")
            try await settle.expectOneOrderEach(Self.people)
        }
    }

    @Test("refused lines stand with their reasons, and may be settled as a file of their own")
    func refusedLines() async throws {
        try await Self.with(spent: 0) { settle in
            let good = settle.house.crowd.coupon(1, holder: 1)
            let forged = String(good.dropLast()) + (good.hasSuffix("A") ? "Q" : "A")
            try settle.write([good, forged, "nonsense"].joined(separator: "\n"), to: settle.couponsPath)
            let run = try settle.run()
            #expect(run.exit == .code(0), "\(run.log)")
            let refused = try #require(settle.file("checkpoint.refused"))
            let lines = refused.split(separator: "\n").map { $0.split(separator: "\t") }
            #expect(lines.map { $0[0] } == [Substring(forged), "nonsense"])
            #expect(lines.map { $0[1] } == ["coupon-invalid", "malformed"])
            try settle.write(refused, to: settle.couponsPath)
            #expect(try settle.run(checkpoint: "rest").log.contains("2 coupons: 0 granted, 0 had an order"))
        }
    }

    @Test("the wrong phase, a wrong key, another gift, a changed file: told, and nothing is granted")
    func refused() async throws {
        try await ClaimHouse.with { house in
            let lines = (1...5 as ClosedRange<UInt64>).map { house.crowd.coupon($0, holder: $0) }
            let settle = try SettleHouse(house, lines)
            let early = try settle.run()
            #expect(early.exit == .code(65) && early.log.contains("2090-01-01"), "\(early.log)")
            #expect(try settle.run(gift: "scarce").log.contains("--gift plenty"))
            #expect(try settle.run(checkpoint: "b", key: "wrong-key").exit == .code(77))
            #expect(try settle.run(checkpoint: "c", gift: "nothing").exit == .code(65))
            #expect(try house.acts().isEmpty)
            let claims = try await house.claims()
            #expect(claims.isEmpty)
        }
    }
}
