import Bench
import Catalog
import Stack
import Wire

/// A list as a client reads it, as far as the bench looks.
struct GiftAnswer {
    let gifts: [String]
    let claimable: Int
    let isDegraded: Bool
    let bytes: Int

    /// Asks for a person's list and reads it.
    ///
    /// - Throws: where it is no list with status 200.
    static func ask(port: Int, user: UInt64, tickets: TicketDesk) throws -> GiftAnswer {
        let answer = try LoopbackHTTP.get(
            port: port, "/v1/gifts", headers: ["authorization": "Bearer \(tickets.ticket(user: user))"])
        guard answer.status == 200, let list = GiftAnswer(answer.body) else {
            throw StackFailure("no list for \(user): \(answer.status) \(answer.text.prefix(500))")
        }
        return list
    }

    init?(_ body: [UInt8]) {
        guard case .object(let list) = try? JSON.parse(body, limits: .document),
            case .array(let entries) = list["gifts"]
        else { return nil }
        var (gifts, claimable) = ([String](), 0)
        for entry in entries {
            guard case .object(let gift) = entry, case .string(let id) = gift["id"] else { return nil }
            gifts.append(id)
            if gift["claimable"] == .bool(true) { claimable += 1 }
        }
        self.gifts = gifts
        self.claimable = claimable
        isDegraded = list["degraded"] == .bool(true)
        bytes = body.count
    }

    /// Looks at some people's lists: every pack of the campaign is there, something can be claimed, nothing
    /// is degraded. Returns the mean length of a body, in bytes.
    static func check(
        port: Int, people: BenchPeople, of count: Int, tickets: TicketDesk, samples: Int = 100
    ) throws -> Int {
        var bytes = 0
        for sample in 0..<samples {
            let user = people.user(sample * count / samples)
            let list = try ask(port: port, user: user, tickets: tickets)
            let isWhole = list.gifts.count == people.catalog.gifts.count && list.claimable > 0
            guard isWhole, !list.isDegraded else {
                throw StackFailure(
                    "the list of \(user) is odd: \(list.gifts.count) packs, \(list.claimable) claimable, "
                        + "degraded: \(list.isDegraded)")
            }
            bytes += list.bytes
        }
        return bytes / samples
    }
}
