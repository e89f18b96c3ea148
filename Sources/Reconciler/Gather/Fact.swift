import Orders

/// One thing that a source says of one order.
enum Fact: Equatable, Sendable {
    /// Redis: a coupon is bound to it.
    case claimed(Order)
    /// Redis: it stood in the outbox after the claims had been read; accepted then, Unix milliseconds.
    case inOutbox(OrderID, acceptedAtMs: Int64)
    /// Kafka: a record in `.held`.
    case held(Order)
    /// Kafka: a record in `orders.<game>`; live at or after the offset that its deliverers had committed.
    case queued(Order, isLive: Bool)
    /// The same in `retries.<game>`.
    case retried(Order, isLive: Bool)
    /// Kafka: a record in `.outcomes`, of the game in this slot.
    case outcome(OrderID, Outcome, attempt: UInt16, game: UInt8, atMs: Int64)
    /// Kafka: a record in `.dead`.
    case dead(Order, Outcome, atMs: Int64)
    /// A line of the statement of the game in this slot.
    case stated(OrderID, game: UInt8)

    var id: OrderID {
        switch self {
        case .claimed(let order), .held(let order), .queued(let order, _), .retried(let order, _),
            .dead(let order, _, _):
            order.id
        case .inOutbox(let id, _), .outcome(let id, _, _, _, _), .stated(let id, _): id
        }
    }
}

/// Facts as they are put aside: for this process alone, in this machine's byte order.
extension Fact {
    private enum Kind: UInt8 {
        case claimed, inOutbox, held, queued, queuedLive, retried, retriedLive, outcome, dead, stated
    }

    /// Bytes that the longest of them takes.
    static let maxBytes = 1 + orderBytes + 9
    /// id, coupon, user, role, claimed, deadline and not before, then amount, then gift, region, epoch and
    /// attempt, then whether it is a resend.
    private static let orderBytes = 7 * 8 + 4 + 4 * 2 + 1

    private static let outcomes = Outcome.allCases
    private static let places = Dictionary(
        uniqueKeysWithValues: Outcome.allCases.enumerated().map { ($0.element, UInt8($0.offset)) })

    func write(to bytes: inout [UInt8]) {
        withUnsafeTemporaryAllocation(byteCount: Self.maxBytes, alignment: 8) { buffer in
            var pen = Pen(buffer)
            switch self {
            case .claimed(let order): pen.put(.claimed, order)
            case .held(let order): pen.put(.held, order)
            case .queued(let order, let isLive): pen.put(isLive ? .queuedLive : .queued, order)
            case .retried(let order, let isLive): pen.put(isLive ? .retriedLive : .retried, order)
            case .inOutbox(let id, let acceptedAtMs):
                pen.put(Kind.inOutbox.rawValue)
                pen.put(id.rawValue)
                pen.put(acceptedAtMs)
            case .outcome(let id, let outcome, let attempt, let game, let atMs):
                pen.put(Kind.outcome.rawValue)
                pen.put(id.rawValue)
                pen.put(Self.places[outcome] ?? 0)
                pen.put(attempt)
                pen.put(game)
                pen.put(atMs)
            case .dead(let order, let outcome, let atMs):
                pen.put(.dead, order)
                pen.put(Self.places[outcome] ?? 0)
                pen.put(atMs)
            case .stated(let id, let game):
                pen.put(Kind.stated.rawValue)
                pen.put(id.rawValue)
                pen.put(game)
            }
            bytes.append(contentsOf: buffer[..<pen.at])
        }
    }

    /// Takes the next fact off what ``write(to:)`` wrote; nil where no whole one is left.
    static func next(_ bytes: UnsafeRawBufferPointer, _ at: inout Int) -> Fact? {
        guard at < bytes.count, let kind = Kind(rawValue: bytes[at]) else { return nil }
        let left = bytes.count - at
        var eye = Eye(bytes: bytes, at: at + 1)
        let fact: Fact
        switch kind {
        case .inOutbox:
            guard left >= 17 else { return nil }
            fact = .inOutbox(OrderID(rawValue: eye.take()), acceptedAtMs: eye.take())
        case .outcome:
            guard left >= 21 else { return nil }
            let id = OrderID(rawValue: eye.take())
            let outcome = outcomes[Int(eye.take(UInt8.self))]
            fact = .outcome(id, outcome, attempt: eye.take(), game: eye.take(), atMs: eye.take())
        case .stated:
            guard left >= 10 else { return nil }
            fact = .stated(OrderID(rawValue: eye.take()), game: eye.take())
        case .dead:
            guard left >= maxBytes else { return nil }
            let order = eye.order()
            fact = .dead(order, outcomes[Int(eye.take(UInt8.self))], atMs: eye.take())
        case .claimed, .held, .queued, .queuedLive, .retried, .retriedLive:
            guard left >= 1 + orderBytes else { return nil }
            let order = eye.order()
            fact =
                switch kind {
                case .claimed: .claimed(order)
                case .held: .held(order)
                case .queued, .queuedLive: .queued(order, isLive: kind == .queuedLive)
                default: .retried(order, isLive: kind == .retriedLive)
                }
        }
        at = eye.at
        return fact
    }

    private struct Pen {
        let bytes: UnsafeMutableRawBufferPointer
        var at = 0

        init(_ bytes: UnsafeMutableRawBufferPointer) { self.bytes = bytes }

        mutating func put<Number: FixedWidthInteger & BitwiseCopyable>(_ number: Number) {
            bytes.storeBytes(of: number, toByteOffset: at, as: Number.self)
            at += MemoryLayout<Number>.size
        }

        mutating func put(_ kind: Kind, _ order: Order) {
            put(kind.rawValue)
            put(order.id.rawValue)
            put(order.coupon)
            put(order.user)
            put(order.role)
            put(order.claimedAtMs)
            put(order.deadlineMs)
            put(order.notBeforeMs)
            put(order.amount)
            put(order.gift)
            put(order.region)
            put(order.epoch)
            put(order.attempt)
            put(order.isResend ? UInt8(1) : 0)
        }
    }

    private struct Eye {
        let bytes: UnsafeRawBufferPointer
        var at: Int

        mutating func take<Number: FixedWidthInteger & BitwiseCopyable>(
            _: Number.Type = Number.self
        ) -> Number {
            defer { at += MemoryLayout<Number>.size }
            return bytes.loadUnaligned(fromByteOffset: at, as: Number.self)
        }

        mutating func order() -> Order {
            var order = Order(
                id: OrderID(rawValue: take()), coupon: take(), user: take(), gift: 0, region: 0,
                role: take(), claimedAtMs: take(), deadlineMs: take())
            order.notBeforeMs = take()
            order.amount = take()
            order.gift = take()
            order.region = take()
            order.epoch = take()
            order.attempt = take()
            order.isResend = take(UInt8.self) != 0
            return order
        }
    }
}
