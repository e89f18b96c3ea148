import CampaignFiles
import Catalog
import Foundation
import OrderStore
import Orders
import Redis
import Stack
import Testing
import Wire

/// Reconcilers that stand: one works, the others wait, whatever happens to the one.
@Suite("Standing reconcilers", .serialized)
struct RunsTests {
    private static func object(_ bytes: [UInt8]) throws -> JSONObject {
        guard case .object(let object) = try JSON.parse(bytes, limits: .document) else {
            throw StackFailure("no object: \(String(decoding: bytes, as: UTF8.self))")
        }
        return object
    }

    /// Starts one whose run cannot go on, since the broker stands still; returns it while it holds the lease.
    private static func holdUp(_ house: RunsHouse, lease: String = "1s") async throws -> ServiceUnderTest {
        house.kafka.pause()
        let first = try house.reconciler("first", lease: lease)
        try first.start()
        let isBegun = try await eventually { try await house.store.lookRun().owner != nil }
        guard isBegun else {
            throw StackFailure("nobody began a run: \(first.log)")
        }
        return first
    }

    @Test("a runner that is killed in its run is followed by another; it leaves nothing behind")
    func killed() async throws {
        try await RunsHouse.with { (house) async throws in
            let first = try await Self.holdUp(house)
            first.kill()
            house.kafka.resume()
            let second = try house.reconciler("second")
            try second.start()
            #expect(try await eventually { house.shelf == ["run-1-2.json"] })
            #expect(try house.get(second, "/v1/admin/runs/1-1").status == 404)
            let last = try Self.object(try house.get(second, "/v1/admin/runs/last").body)
            guard case .object(let head)? = last["run"] else { throw StackFailure("no head") }
            #expect(head["run"] == .string("1-2") && head["state"] == .string("done"))
        }
    }

    @Test("a runner that stood still for longer than its lease finds its writes refused")
    func stopped() async throws {
        try await RunsHouse.with { (house) async throws in
            let first = try await Self.holdUp(house)
            first.pause()
            house.kafka.resume()
            let second = try house.reconciler("second")
            try second.start()
            #expect(try await eventually { house.shelf == ["run-1-2.json"] })
            first.resume()
            #expect(try await eventually { first.log.contains("run failed") })
            #expect(first.log.contains("lease was lost"), "\(first.log)")
            #expect(house.shelf == ["run-1-2.json"])
            // It lives on, and knows of the other's run.
            #expect(
                try await eventually {
                    try house.get(first, "/readyz").text.contains("run 1-2")
                })
            let runs = try Self.object(try house.get(first, "/v1/admin/runs").body)
            guard case .array(let failed)? = runs["failed"] else { throw StackFailure("no list") }
            #expect(failed.count == 1)
        }
    }

    @Test("Redis away in a run: the run fails and says why, the service lives and runs again")
    func redisAway() async throws {
        try await RunsHouse.with { (house) async throws in
            let first = try await Self.holdUp(house, lease: "5s")
            house.redis.kill9()
            house.kafka.resume()
            #expect(try await eventually { first.log.contains("run failed") })
            #expect(house.shelf.filter { !$0.hasPrefix(".") } == [])
            #expect(try house.get(first, "/livez").status == 200)
            #expect(try house.get(first, "/readyz").status == 503)
            try house.redis.restart(keepingData: false)
            // Empty, and rebuilt under the next epoch: its numbers begin anew, its runs' names do not.
            #expect(try await eventually { house.shelf == ["run-2-1.json"] }, "\(house.shelf)")
            #expect(try await eventually { try house.get(first, "/readyz").status == 200 })
        }
    }

    @Test("an operator's run: with a reason, written down, one at a time, listed and readable")
    func onDemand() async throws {
        try await RunsHouse.with { (house) async throws in
            let service = try house.reconciler("only", lease: "5s")
            try service.start()
            #expect(try await eventually { house.shelf == ["run-1-1.json"] })
            let admin = service.ports["admin"] ?? 0
            #expect(try LoopbackHTTP.post(port: admin, "/v1/admin/runs", body: []).status == 401)
            #expect(try house.post(service, "{}").status == 400)
            #expect(try house.post(service, "{\"reason\":\" \"}").status == 400)

            // Somebody else's run is under way.
            guard
                case .begun(let other) = try await house.store.beginRun(
                    owner: 7, leaseMs: 60_000, everyMs: 0)
            else { throw StackFailure("busy") }
            let refused = try house.post(service, "{\"reason\":\"now\"}")
            #expect(refused.status == 409 && refused.text.contains("run-under-way"))
            let during = try Self.object(try house.get(service, "/v1/admin/runs").body)
            guard case .object(let running)? = during["running"] else { throw StackFailure("nobody runs") }
            #expect(running["run"] == .string("1-2") && running["owner"] == .string("0000000000000007"))
            // As if it had ended well, so that no other is due.
            #expect(try await house.store.sealRun(other, .report, leaseMs: 60_000))
            #expect(try await house.store.endRun(other))

            let taken = try house.post(service, "{\"reason\":\"before the press talk\"}")
            #expect(taken.status == 202 && taken.header("location") == "/v1/admin/runs/1-3", "\(taken.text)")
            #expect(try await eventually { house.shelf == ["run-1-1.json", "run-1-3.json"] })
            let document = try Self.object(try house.get(service, "/v1/admin/runs/1-3").body)
            guard case .object(let head)? = document["run"] else { throw StackFailure("no head") }
            #expect(head["by"] == .string("ada") && head["reason"] == .string("before the press talk"))
            let list = try Self.object(try house.get(service, "/v1/admin/runs").body)
            guard case .array(let runs)? = list["runs"], case .object(let newest)? = runs.first else {
                throw StackFailure("no runs")
            }
            #expect(runs.count == 2 && newest["run"] == .string("1-3"))
            for name in ["1-2", "1-4", "..", "1-03", "x"] {
                #expect(try house.get(service, "/v1/admin/runs/\(name)").status == 404, "\(name)")
            }
            let audit = try house.command(service, "audit", "--by", "ada", "--kind", "run", "--json")
            #expect(audit.exit == .code(0))
            let line = try Self.object(Array(audit.output.split(separator: "\n")[0].utf8))
            #expect(line["subject"] == .string("1-3") && line["by"] == .string("ada"))
            // The audit needs no Redis.
            house.redis.pause()
            let table = try house.command(service, "audit")
            house.redis.resume()
            #expect(table.exit == .code(0) && table.output.contains("before the press talk"))
        }
    }

    @Test("missing orders are an alarm: logged as an error, counted, told by readyz, which stays ready")
    func alarms() async throws {
        try await RunsHouse.with { (house) async throws in
            _ = try await house.claim(3, lost: 1)
            let service = try house.reconciler("only")
            try service.start()
            #expect(try await eventually { house.shelf == ["run-1-1.json"] })
            #expect(try await eventually { service.log.contains("alarm: 1 orders are missing") })
            #expect(try await eventually { try house.get(service, "/readyz").status == 200 })
            #expect(try house.get(service, "/readyz").text.contains("1 orders are missing"))
            let metrics = try house.get(service, "/metrics").text
            for line in [
                "hongbao_reconciler_alarm{alarm=\"missing\"} 1",
                "hongbao_reconciler_alarm{alarm=\"oldest\"} 1",
                "hongbao_reconciler_alarm{alarm=\"unexpected\"} 0",
                "hongbao_reconciler_orders{class=\"missing\"} 1",
            ] {
                #expect(metrics.contains(line), "\(line)")
            }
        }
    }

    @Test("games' statements are read anew by each run, and what they say against us is an alarm")
    func statements() async throws {
        try await RunsHouse.with { (house) async throws in
            let orders = try await house.claim(2)
            let game = house.catalog.games[0].id
            let entry = "\(game)=theirs/*:csv=order"
            let service = try house.reconciler("only", lease: "5s", ", statements: [\"\(entry)\"]")
            try service.start()
            #expect(try await eventually { house.shelf == ["run-1-1.json"] })
            #expect(try await eventually { service.log.contains("no statement: there is no") })

            // The game has granted one of them twice, and here neither was sent.
            let theirs = "\(house.run.path)/theirs"
            try FileManager.default.createDirectory(atPath: theirs, withIntermediateDirectories: true)
            let rows = ["order,at", "\(orders[0].id.text),1", "nothing,2", "\(orders[0].id.text),3"]
            try Data(rows.joined(separator: "\r\n").utf8).write(to: URL(fileURLWithPath: "\(theirs)/1.csv"))
            #expect(try house.post(service, "{\"reason\":\"theirs has come\"}").status == 202)
            #expect(try await eventually { house.shelf == ["run-1-1.json", "run-1-2.json"] })
            #expect(try await eventually { service.log.contains("alarm: 1 conflicts") })
            #expect(service.log.contains("1.csv:3: no order ID"), "\(service.log)")
            let metrics = try house.get(service, "/metrics").text
            for line in [
                "hongbao_reconciler_doubled_orders 1", "hongbao_reconciler_conflicting_orders 1",
                "hongbao_reconciler_nameless_orders 0", "hongbao_reconciler_alarm{alarm=\"doubled\"} 1",
                "hongbao_reconciler_alarm{alarm=\"conflicting\"} 1",
                "hongbao_reconciler_alarm{alarm=\"nameless\"} 0",
                "hongbao_reconciler_alarm{alarm=\"statement\"} 0",
            ] {
                #expect(metrics.contains(line), "\(line)")
            }
            let last = try Self.object(try house.get(service, "/v1/admin/runs/last").body)
            guard case .object(let head)? = last["run"] else { throw StackFailure("no head") }
            #expect(head["doubled"] == .integer(1) && head["conflicting"] == .integer(1))

            // Packed and cut off: the run goes on without, and says so.
            try Data([0x1F, 0x8B, 8, 0]).write(to: URL(fileURLWithPath: "\(theirs)/2.csv.gz"))
            #expect(try house.post(service, "{\"reason\":\"another part\"}").status == 202)
            #expect(try await eventually { service.log.contains("alarm: a statement cannot be read") })
            #expect(
                try await eventually {
                    try house.get(service, "/metrics").text.contains(
                        "hongbao_reconciler_alarm{alarm=\"statement\"} 1")
                })
        }
    }

    @Test("when the campaign is over its closing statement is written, once, and it is the command's")
    func closing() async throws {
        try await RunsHouse.with(edits: RunsHouse.isOver) { (house) async throws in
            _ = try await house.claim(5)
            let service = try house.reconciler("only")
            try service.start()
            let id = house.catalog.campaign.id
            let all = ["run-1-1.json"] + ["csv", "html", "json"].map { "statement-\(id).\($0)" }
            #expect(try await eventually { house.shelf == all }, "\(house.shelf)")
            let path = "\(house.reports)/statement-\(id).json"
            let written = try FileBytes.read(path)
            let statement = try Self.object(written)
            guard case .object(let total)? = statement["total"], case .object(let packs)? = total["packs"],
                case .object(let claimed)? = total["claimed"]
            else { throw StackFailure("no total") }
            #expect(claimed["orders"] == .integer(5) && packs["given_out"] == .integer(5))
            #expect(statement["phase"] == .string("over"))

            #expect(try house.post(service, "{\"reason\":\"again\"}").status == 202)
            #expect(try await eventually { house.shelf.contains("run-1-2.json") })
            #expect(try FileBytes.read(path) == written)

            let out = "\(house.run.path)/statement.html"
            let html = try house.command(service, "statement", "--format", "html", "--out", out)
            #expect(html.exit == .code(0) && html.output.contains("5 claimed"), "\(html.output)")
            #expect(String(decoding: try FileBytes.read(out), as: UTF8.self).hasPrefix("<!DOCTYPE html>"))
            let csv = try house.command(service, "statement", "--format", "csv")
            #expect(csv.exit == .code(0) && csv.output.contains("campaign,cut_at,line"))

            // Stock that went nowhere: the books do not close.
            let (store, gift) = (house.store, house.catalog.gifts[0])
            var command = RedisCommand("HINCRBY")
            command.add(store.keys.pool)
            command.add("l\(gift.slot)")
            command.add("-2")
            _ = try await store.redis.send(command)
            let broken = try house.command(service, "statement")
            #expect(broken.exit == .code(70) && broken.output.contains("plenty: packs: 5 given out"))
        }
    }
}
