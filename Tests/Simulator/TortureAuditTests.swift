import Orders
import Testing

@testable import Simulator

@Suite("The torture's books")
struct TortureAuditTests {
    private let plan = TorturePlan(TortureScale(attempts: 1000, people: 100, packs: 10, seed: 2))

    /// A house in which everything is right: the first valid coupons of each kind have the packs.
    private func sound() -> (notes: TortureNotes, holdings: TortureStores.Holdings) {
        var notes = TortureNotes(coupons: plan.scale.coupons)
        var holdings = TortureStores.Holdings()
        var left = plan.scale.stock
        for coupon in 0..<plan.scale.coupons {
            let part = plan.part(coupon)
            let attempt = TorturePlan.Attempt(coupon: coupon, namesAnotherGift: false)
            guard case .valid(let gift) = part, left[gift] > 0 else {
                let status = part == .othersCoupon ? 403 : 409
                notes.take(.init(status: status, problem: "sold-out"), to: attempt, of: part)
                continue
            }
            left[gift] -= 1
            let order = Order(
                id: OrderID(lane: 7, shard: 0, sequence: UInt32(coupon)), coupon: plan.serial(coupon),
                user: plan.user(coupon), gift: UInt16(gift), region: 0, role: 1, claimedAtMs: 1,
                deadlineMs: 2)
            notes.take(.init(status: 202, order: order.id), to: attempt, of: part)
            holdings.redisOrders.append(order)
            holdings.kafkaOrders.append(order)
            holdings.states[order.id] = .queued
        }
        holdings.stock = plan.scale.stock.map { TortureStores.Stock(total: $0) }
        return (notes, holdings)
    }

    private func broken(_ change: (inout TortureNotes, inout TortureStores.Holdings) -> Void) -> [String] {
        var (notes, holdings) = sound()
        change(&notes, &holdings)
        let audit = TortureAudit(plan: plan, notes: notes, holdings: holdings)
        return audit.lines.filter { !$0.holds }.map(\.statement)
    }

    @Test("what is right is found right, twins included")
    func right() {
        #expect(broken { _, _ in } == [])
        #expect(broken { _, holdings in holdings.kafkaOrders += holdings.kafkaOrders.prefix(3) } == [])
    }

    @Test("each thing that must not be is seen")
    func wrong() {
        #expect(!broken { _, holdings in holdings.kafkaOrders.removeLast() }.isEmpty)
        #expect(!broken { _, holdings in holdings.redisOrders.removeLast() }.isEmpty)
        #expect(
            !broken { _, holdings in holdings.redisOrders[0].coupon = holdings.redisOrders[1].coupon }
                .isEmpty)
        #expect(!broken { _, holdings in holdings.kafkaOrders[0].id = holdings.kafkaOrders[1].id }.isEmpty)
        #expect(!broken { _, holdings in holdings.kafkaOrders[0].amount += 1 }.isEmpty)
        #expect(!broken { _, holdings in holdings.stock[0].inPool += 1 }.isEmpty)
        #expect(!broken { _, holdings in holdings.outbox = 1 }.isEmpty)
        #expect(!broken { _, holdings in holdings.states[holdings.redisOrders[0].id] = .voided }.isEmpty)
        let coupon = (0..<plan.scale.coupons).first { plan.part($0).isValid }!
        let attempt = TorturePlan.Attempt(coupon: coupon, namesAnotherGift: false)
        let strange = TortureNotes.Answer(status: 202, order: OrderID(lane: 9, shard: 0, sequence: 1))
        #expect(!broken { notes, _ in notes.take(strange, to: attempt, of: .valid(gift: 0)) }.isEmpty)
        #expect(
            !broken { notes, _ in notes.take(.init(status: 500), to: attempt, of: .valid(gift: 0)) }.isEmpty)
    }

    @Test("an order's holder who hears anything but the order has been lied to; not now is no lie")
    func lies() {
        var notes = TortureNotes(coupons: 1)
        let attempt = TorturePlan.Attempt(coupon: 0, namesAnotherGift: false)
        let other = TorturePlan.Attempt(coupon: 0, namesAnotherGift: true)
        let order = OrderID(lane: 1, shard: 0, sequence: 0)
        let isAgain = notes.take(.init(status: 503), to: attempt, of: .valid(gift: 0))
        #expect(isAgain)
        notes.take(.init(status: 202, order: order), to: attempt, of: .valid(gift: 0))
        notes.take(.init(status: 409, problem: "coupon-spent"), to: other, of: .valid(gift: 0))
        notes.take(.init(status: 200, order: order), to: attempt, of: .valid(gift: 0))
        #expect(notes.wrong == 0 && notes.standings == [.hasOrder])
        // Sent before anybody had heard of the order, answered later: nobody lied.
        let soldOut = TortureNotes.Answer(status: 409, problem: "sold-out")
        var racing = TortureNotes(coupons: 1)
        racing.take(
            .init(status: 202, order: order), to: attempt, of: .valid(gift: 0), sentNs: 5, nowNs: 10)
        racing.take(soldOut, to: other, of: .valid(gift: 0), sentNs: 9, nowNs: 11)
        #expect(racing.wrong == 0 && racing.standings == [.hasOrder])
        racing.take(soldOut, to: other, of: .valid(gift: 0), sentNs: 11, nowNs: 12)
        #expect(racing.wrong == 1)
        notes.take(.init(status: 409, problem: "sold-out"), to: attempt, of: .valid(gift: 0))
        #expect(notes.wrong == 1)
    }

    @Test("answers are taken apart wherever the stream is cut")
    func stream() {
        let one = "HTTP/1.1 202 Accepted\r\nContent-Length: 5\r\nx: y\r\n\r\nhello"
        let two = "HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n"
        let bytes = Array((one + two + one).utf8)
        for size in 1...bytes.count {
            var stream = AnswerStream()
            var found: [String] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                let piece = Array(bytes[start..<min(start + size, bytes.count)])
                let isSound = piece.withUnsafeBytes { piece in
                    stream.take(piece) { found.append("\($0) \(String(decoding: $1, as: UTF8.self))") }
                }
                #expect(isSound)
            }
            #expect(found == ["202 hello", "503 ", "202 hello"])
        }
    }
}
