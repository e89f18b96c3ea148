import NIOCore

/// The requests of one connection that are whole but whose answers have not been written: it keeps answers
/// in the order of the requests. A value without I/O; the connection performs what it says.
struct AnswerQueue {
    /// What must be remembered of a request to write its answer.
    struct Slot {
        /// The sweep at which it was queued.
        var since: UInt32
        /// HEAD: the answer's fields only.
        var withoutBody: Bool
        var persistence: ResponseEncoder.Persistence
    }

    enum Placement {
        /// It is this answer's turn: write it, then everything `next` gives.
        case turn(Slot)
        /// Kept until the earlier ones are answered.
        case kept
        /// There is no such open request (answered already, or given up).
        case unknown
    }

    private var slots = CircularBuffer<Slot>(initialCapacity: 4)
    /// The sequence number of `slots.first`.
    private var first: UInt64 = 0
    /// Answers that came before their turn, by sequence number; at most as many as there are slots. Apart
    /// from the slots, so that those stay small: most answers come in turn.
    private var early: [UInt64: HTTPResponse] = [:]

    var isEmpty: Bool { slots.isEmpty }
    var count: Int { slots.count }
    /// The sequence number that the next request gets.
    var end: UInt64 { first + UInt64(slots.count) }
    /// The oldest request's sequence number.
    var start: UInt64 { first }
    /// The sweep at which the oldest unanswered request was queued.
    var oldest: UInt32? { slots.first?.since }

    mutating func append(_ slot: Slot) -> UInt64 {
        slots.append(slot)
        return end - 1
    }

    mutating func place(_ answer: HTTPResponse, for sequence: UInt64) -> Placement {
        guard sequence >= first, sequence < end else { return .unknown }
        if sequence == first {
            // The first slot never has an early answer: `next` takes those at once.
            first += 1
            return .turn(slots.removeFirst())
        }
        guard early[sequence] == nil else { return .unknown }
        early[sequence] = answer
        return .kept
    }

    /// The oldest request's answer when it has come already.
    mutating func next() -> (Slot, HTTPResponse)? {
        guard !early.isEmpty, let answer = early.removeValue(forKey: first) else { return nil }
        first += 1
        return (slots.removeFirst(), answer)
    }

    /// Makes the oldest request's answer the connection's last.
    mutating func closeAfterFirst() {
        guard !slots.isEmpty else { return }
        slots[slots.startIndex].persistence = .close
    }

    /// Makes the newest request's answer the connection's last.
    mutating func closeAfterLast() {
        guard !slots.isEmpty else { return }
        slots[slots.index(before: slots.endIndex)].persistence = .close
    }

    /// Gives up all that are open; later answers for them are `unknown`.
    mutating func abandon() {
        first = end
        slots.removeAll()
        early = [:]
    }
}
