import Orders

/// What people were told, coupon by coupon: every answer goes in here, and nothing else is believed of them.
struct TortureNotes: Sendable {
    /// What a coupon's holder knows.
    enum Standing: UInt8, Sendable {
        /// Never had an answer that settles it.
        case open
        case hasOrder
        case soldOut
        /// Spent, it was said, on another body; the answer to that one was lost.
        case spent
        /// Refused, as it had to be.
        case refused
    }

    /// One answer to one attempt.
    struct Answer: Sendable, Equatable {
        var status: Int
        /// The order named in a 200 or 202.
        var order: OrderID?
        /// The last part of the problem's type.
        var problem: String?
    }

    private static let maxComplaints = 20

    /// Of each coupon the order that was promised first.
    private(set) var orders: [OrderID?]
    private(set) var standings: [Standing]
    /// When each coupon's order was first heard of; monotonic ns.
    private var heardNs: [UInt64]
    private(set) var answers: [Int: Int] = [:]
    private(set) var unanswered = 0
    /// Answers that were wrong whatever else is true; the first of them in words.
    private(set) var wrong = 0
    private(set) var complaints: [String] = []

    init(coupons: Int) {
        orders = Array(repeating: nil, count: coupons)
        standings = Array(repeating: .open, count: coupons)
        heardNs = Array(repeating: 0, count: coupons)
    }

    mutating func lost() { unanswered += 1 }

    /// - Parameters:
    ///   - sentNs: when the attempt was sent. One that was under way before anybody had heard of an order may
    ///     have been decided before there was one.
    ///   - nowNs: when the answer came.
    /// - Returns: whether it was no more than "not now".
    @discardableResult
    mutating func take(
        _ answer: Answer, to attempt: TorturePlan.Attempt, of part: TorturePlan.Part,
        sentNs: UInt64 = .max, nowNs: UInt64 = 0
    ) -> Bool {
        answers[answer.status, default: 0] += 1
        let coupon = attempt.coupon
        switch answer.status {
        case 429, 503: return true
        case 200, 202: promised(answer, coupon, part, nowNs)
        case let status where part.rightRefusals.contains(status):
            refused(answer, attempt, part, sentNs)
        default:
            complain("coupon \(coupon) (\(part)) was answered \(answer.status) \(answer.problem ?? "")")
        }
        return false
    }

    private mutating func promised(
        _ answer: Answer, _ coupon: Int, _ part: TorturePlan.Part, _ nowNs: UInt64
    ) {
        guard let order = answer.order else { return complain("a \(answer.status) names no order") }
        guard part.isValid else { return complain("coupon \(coupon) (\(part)) was given order \(order)") }
        if let first = orders[coupon], first != order {
            return complain("coupon \(coupon) has order \(first) and was told of order \(order)")
        }
        if orders[coupon] == nil { heardNs[coupon] = nowNs }
        orders[coupon] = order
        standings[coupon] = .hasOrder
    }

    private mutating func refused(
        _ answer: Answer, _ attempt: TorturePlan.Attempt, _ part: TorturePlan.Part, _ sentNs: UInt64
    ) {
        let coupon = attempt.coupon
        let isSpent = answer.problem == "coupon-spent"
        if orders[coupon] != nil, !isSpent, sentNs > heardNs[coupon] {
            return complain("coupon \(coupon) has an order and was told \(answer.problem ?? "no")")
        }
        guard standings[coupon] != .hasOrder else { return }
        if !part.isValid {
            standings[coupon] = .refused
        } else if isSpent {
            // Another body has the order; which, the holder finds out by asking with that body.
            standings[coupon] = .spent
        } else if !attempt.namesAnotherGift {
            standings[coupon] = .soldOut
        }
    }

    mutating func complain(_ text: String) {
        wrong += 1
        if complaints.count < Self.maxComplaints { complaints.append(text) }
    }

    /// Coupons of which nobody knows yet what became of them.
    var open: [Int] { standings.indices.filter { standings[$0] == .open } }
    var promisedOrders: Int { orders.count { $0 != nil } }
    func count(_ standing: Standing) -> Int { standings.count { $0 == standing } }
}
