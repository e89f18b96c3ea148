import Orders

/// An attempt that did not end in a grant, as operators are shown it.
struct DeliveryError: Sendable, Equatable {
    var atMs: Int64
    var order: OrderID
    var attempt: UInt16
    /// 0: no answer came.
    var status: Int
    var reason: String
    /// The first bytes of the game's answer as text; empty where none is known.
    var answer: String
}

/// The last attempts of one game that did not end in a grant.
struct DeliveryErrors: Sendable {
    static let most = 8
    static let maxReasonBytes = 160
    static let maxAnswerBytes = 120

    /// As a ring: `next` is the place of the oldest once it is full.
    private var ring: [DeliveryError] = []
    private var next = 0

    /// The newest first.
    var newestFirst: [DeliveryError] {
        Array((ring[next...] + ring[..<next]).reversed())
    }

    /// Takes a record in, unless it tells of a grant or of an order that was voided.
    mutating func take(_ outcome: OutcomeRecord, answer: String) {
        switch outcome.outcome {
        case .granted, .alreadyGranted, .voided: return
        case .rejected, .throttled, .failed, .unknown, .parked, .expired: break
        }
        let error = DeliveryError(
            atMs: outcome.atMs, order: outcome.order, attempt: outcome.attempt, status: Int(outcome.status),
            reason: Self.cut(outcome.reason, Self.maxReasonBytes),
            answer: Self.cut(answer, Self.maxAnswerBytes))
        if ring.count < Self.most {
            ring.append(error)
        } else {
            ring[next] = error
            next = (next + 1) % Self.most
        }
    }

    /// At a character, in one line.
    private static func cut(_ text: String, _ maxBytes: Int) -> String {
        var cut = ""
        for scalar in text.unicodeScalars {
            let clean = scalar.value < 0x20 || scalar.value == 0x7F ? " " : scalar
            guard cut.utf8.count + UTF8.width(clean) <= maxBytes else { break }
            cut.unicodeScalars.append(clean)
        }
        return cut
    }
}
