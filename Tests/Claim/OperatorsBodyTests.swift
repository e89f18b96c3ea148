import Catalog
import HTTPServer
import Operators
import Orders
import Testing
import Wire

@testable import Claim
@testable import OrderStore

@Suite("Operators' acts, as sent and as answered")
struct OperatorsBodyTests {
    private func fields(_ response: HTTPResponse) throws -> JSONObject {
        guard case .bytes(let bytes) = response.body,
            case .object(let object) = try JSON.parse(bytes, limits: .document)
        else { throw JSONError(path: "", reason: "no object") }
        return object
    }

    private func field(_ body: String) -> String? {
        do throws(OperatorProblem) {
            _ = try OperatorReason.parse(Array(body.utf8))
            return nil
        } catch {
            return error.status == 400 ? error.field ?? "(root)" : "status \(error.status)"
        }
    }

    @Test("a reason is one line of 1 to 1000 bytes; the problem names the field")
    func reasons() throws {
        #expect(try OperatorReason.parse(Array(#"{"reason":"Looked at: 好"}"#.utf8)) == "Looked at: 好")
        #expect(field(#"{"reason":"\#(String(repeating: "a", count: 1000))"}"#) == nil)
        #expect(field(#"{"reason":"\#(String(repeating: "a", count: 1001))"}"#) == "reason")
        for bad in [#"{"reason":""}"#, #"{"reason":"  "}"#, #"{"reason":"a\nb"}"#, #"{"reason":7}"#, "{}"] {
            #expect(field(bad) == "reason")
        }
        #expect(field(#"{"reason":"a","extra":1}"#) == "extra")
        #expect(field(#"{"reason":"a","reason":"b"}"#) == "reason")
        #expect(field("") == "(root)")
    }

    @Test("a settling request is read as it is written, and only so")
    func settleRequest() throws {
        let request = SettleRequest(
            batch: 0xAB, gift: "lamp", reason: "the end", coupons: ["one", "two"], isDone: true)
        #expect(try SettleRequest.parse(request.encode()) == request)
        let last = SettleRequest(batch: 1, gift: "lamp", reason: "r", coupons: [], isDone: true)
        #expect(try SettleRequest.parse(last.encode()) == last)
    }

    @Test(
        "a settling request that will not do names the field",
        arguments: [
            (#"{"batch":"xy","gift":"g","reason":"r","coupons":["a"]}"#, "batch"),
            (#"{"batch":"00000000000000ab","reason":"r","coupons":["a"]}"#, "gift"),
            (#"{"batch":"00000000000000ab","gift":"g","reason":" ","coupons":["a"]}"#, "reason"),
            (#"{"batch":"00000000000000ab","gift":"g","reason":"r","coupons":[]}"#, "coupons"),
            (#"{"batch":"00000000000000ab","gift":"g","reason":"r","coupons":["a",7]}"#, "coupons[1]"),
            (#"{"batch":"00000000000000ab","gift":"g","reason":"r","coupons":["a"],"done":"yes"}"#, "done"),
            (#"{"batch":"00000000000000ab","gift":"g","reason":"r","coupons":["a"],"x":1}"#, "x"),
        ])
    func settleRequestFaults(body: String, field: String) {
        #expect {
            try SettleRequest.parse(Array(body.utf8))
        } throws: { error in
            (error as? OperatorProblem)?.field == field && (error as? OperatorProblem)?.status == 400
        }
    }

    @Test("a request holds at most 256 coupons")
    func settleRequestBound() throws {
        let full = SettleRequest(
            batch: 1, gift: "lamp", reason: "r",
            coupons: Array(repeating: String(repeating: "c", count: 52), count: SettleRequest.maxCoupons))
        #expect(try SettleRequest.parse(full.encode()) == full)
        var over = full
        over.coupons.append("c")
        #expect(throws: OperatorProblem.self) { try SettleRequest.parse(over.encode()) }
    }

    @Test("answers of a settling request are read as they are written")
    func settleAnswers() throws {
        let id = OrderID(lane: 1, shard: 2, sequence: 3)
        let results: [SettleResult] = [
            .granted(id), .skipped(id), .refused(problem: "sold-out", detail: "none \"left\""),
            .later(detail: "no lane"),
        ]
        #expect(try SettleAnswer.decode(SettleAnswer.encode(results)) == results)
        let most = [SettleResult](
            repeating: .refused(problem: "not-a-player", detail: String(repeating: "d", count: 200)),
            count: SettleRequest.maxCoupons)
        #expect(try SettleAnswer.decode(SettleAnswer.encode(most)) == most)
        #expect(throws: JSONError.self) {
            try SettleAnswer.decode(Array(#"{"results":[{"result":"maybe"}]}"#.utf8))
        }
    }

    @Test("what a claim is answered with, seen by a settling run")
    func claimAnswers() {
        let id = OrderID(lane: 1, shard: 2, sequence: 3)
        #expect(SettleResult(.accepted(id, .queued)) == .granted(id))
        #expect(SettleResult(.stored(id, .delivered)) == .skipped(id))
        #expect(SettleResult(.problem(.noLane)).isFinal == false)
        #expect(SettleResult(.problem(.queueSlow)).isFinal == false)
        guard case .refused("sold-out", _) = SettleResult(.problem(.soldOut)) else {
            Issue.record("sold out is final")
            return
        }
    }

    @Test("problems are RFC 9457 documents that name the field and the state")
    func problems() throws {
        let problem = OperatorProblem.notHeld(.delivered).response
        #expect(problem.status == 409 && problem.contentType == "application/problem+json")
        let json = try fields(problem)
        #expect(json["type"] == .string("urn:hongbao:problem:not-held"))
        #expect(json["state"] == .string("delivered") && json["field"] == .string("order"))
        let cap = OperatorProblem.capReached(3, retryAfterS: 77).response
        #expect(cap.status == 429 && cap.headers.contains { $0 == ("retry-after", "77") })
    }

    @Test("what an approval and a refusal are answered with")
    func heldAnswers() throws {
        let id = OrderID(lane: 1, shard: 2, sequence: 3)
        let released = HeldAnswer.released(id, .queued, needed: 2).response
        #expect(released.status == 200)
        #expect(try fields(released)["approvals"] == .integer(2))
        let first = HeldAnswer.firstOfTwo(id).response
        #expect(first.status == 202)
        #expect(try fields(first)["state"] == .string("held"))
        #expect(try fields(first)["needed"] == .integer(2))
        let refused = try fields(HeldAnswer.refused(id).response)
        #expect(refused["state"] == .string("voided") && refused["approvals"] == nil)
    }

    @Test("the page of held orders says what an operator must know; unknown risks are null, not none")
    func heldPage() throws {
        let held = HeldOrder(
            order: ClaimFixture.order(id: 5), heldAtMs: ClaimFixture.nowMs, firstApprover: "ada")
        let page = HeldDocument(
            entries: [.init(held: held, risk: ["device"]), .init(held: held, risk: nil)], nextShard: 3)
        let json = try fields(page.response(ClaimFixture.catalog))
        guard case .array(let list) = json["held"], list.count == 2, case .object(let one) = list[0],
            case .object(let two) = list[1]
        else {
            Issue.record("no list of two")
            return
        }
        #expect(json["next"] == .integer(3))
        #expect(one["gift"] == .string("lamp") && one["first_approver"] == .string("ada"))
        #expect(one["approvals"] == .integer(1) && one["risk"] == .array([.string("device")]))
        #expect(two["risk"] == .null)
    }

    @Test("an operator's day begins at midnight of the campaign's clock")
    func days() {
        let midnight: Int64 = 1_770_000_000_000 / 86_400_000 * 86_400_000
        let before = OperatorDay(nowMs: midnight - 1, offsetMinutes: 0)
        let after = OperatorDay(nowMs: midnight, offsetMinutes: 0)
        #expect(after.number == before.number + 1 && before.leftS == 1 && after.leftS == 86_400)
        // In China it is eight hours later.
        let china = OperatorDay(nowMs: midnight - 8 * 3_600_000, offsetMinutes: 480)
        #expect(china == after)
        #expect(OperatorDay(nowMs: -1, offsetMinutes: 0).number == -1)
    }
}
