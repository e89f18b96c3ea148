import HTTPServer
import OrderStore
import Orders
import Testing
import Wire

@testable import Claim

@Suite("Refusals as problem documents")
struct ClaimProblemTests {
    @Test("every refusal has its status and carries its name")
    func refusals() {
        let statuses: [Orders.Refusal: Int] = [
            .notYetOpen: 403, .over: 410, .soldOut: 409, .noRole: 403, .notNewcomer: 403, .notPlayer: 403,
            .notYours: 403, .paused: 503,
        ]
        for refusal in Orders.Refusal.allCases {
            let problem = ClaimProblem.refused(refusal)
            #expect(problem.status == statuses[refusal])
            #expect(problem.reason == refusal.rawValue)
        }
    }

    @Test("the document is RFC 9457's, with field and reason")
    func document() throws {
        let json = try parsed(ClaimProblem.refused(.notYours).response)
        #expect(json["type"] == .string("urn:hongbao:problem:not-your-role"))
        #expect(json["status"] == .integer(403))
        #expect(json["field"] == .string("role"))
        #expect(json["reason"] == .string("not_your_role"))
        #expect(ClaimProblem.refused(.notYours).response.contentType == "application/problem+json")
    }

    @Test("a malformed body names the field at fault")
    func malformed() throws {
        let json = try parsed(ClaimProblem.malformed(JSONError(path: "gift", reason: "missing")).response)
        #expect(json["status"] == .integer(400))
        #expect(json["field"] == .string("gift"))
        #expect(json["detail"] == .string("gift: missing"))
    }

    @Test("every 503 says when to come back, and 401 how")
    func headers() {
        let busy: [ClaimProblem] = [
            .eligibilityUnknown, .overloaded, .noLane, .storeAway, .storeUnknown, .stockBusy, .outboxFull,
            .queueSlow, .closing, .refused(.paused),
        ]
        for problem in busy {
            #expect(problem.status == 503)
            #expect(problem.response.headers.contains { $0.0 == "retry-after" && Int($0.1) != nil })
        }
        let headers = ClaimProblem.noTicket.response.headers
        #expect(headers.contains { $0.0 == "www-authenticate" })
    }

    @Test("every answer is counted under a name of its own")
    func labels() {
        for refusal in Orders.Refusal.allCases {
            #expect(ClaimMeters.labels.contains(ClaimAnswer.problem(.refused(refusal)).label))
        }
        let others: [ClaimProblem] = [
            .couponInvalid, .notYours, .couponExpired, .noSuchGift, .noSuchOrder, .noSuchRoute, .couponSpent,
            .queueSlow, .noTicket, .malformed(field: "a", "b"), .overQuota(.day),
        ]
        for problem in others { #expect(ClaimMeters.labels.contains(problem.slug), "\(problem.slug)") }
        #expect(Set(ClaimMeters.labels).count == ClaimMeters.labels.count)
    }

    @Test("accepted: 202 with Location; a repeat: 200 with the state")
    func answers() throws {
        let id = OrderID(lane: 7, shard: 3, sequence: 9)
        let accepted = ClaimAnswer.accepted(id, .queued).response(ClaimFixture.catalog)
        #expect(accepted.status == 202)
        #expect(accepted.headers.contains { $0 == ("location", "/v1/orders/\(id.text)") })
        #expect(try parsed(accepted)["state"] == .string("queued"))
        let stored = ClaimAnswer.stored(id, .inFlight).response(ClaimFixture.catalog)
        #expect(stored.status == 200)
        #expect(try parsed(stored)["order"] == .string(id.text))
        #expect(try parsed(stored)["state"] == .string("in_flight"))
        let order = try parsed(
            ClaimAnswer.order(ClaimFixture.order(id: id.rawValue), .delivered).response(ClaimFixture.catalog))
        #expect(order["gift"] == .string("lamp") && order["game"] == .string("lantern"))
        #expect(order["role"] == .string("77") && order["state"] == .string("delivered"))
        #expect(order["claimed_at"] == .string(UTCTimestamp.rfc3339(unixMs: ClaimFixture.nowMs)))
    }

    private func parsed(_ response: HTTPResponse) throws -> JSONObject {
        guard case .bytes(let bytes) = response.body,
            case .object(let object) = try JSON.parse(bytes, limits: .record)
        else { throw JSONError(path: "", reason: "no object") }
        return object
    }
}
