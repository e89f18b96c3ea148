import OrderStore

/// What one loop knows of the stock, by gift pack and shard: draws and recalls under way, credits to be told,
/// and what is sold out.
///
/// ```
///  no stock at hand ─▶ wait ─▶ draw ──stock──────────────▶ again, with a credit
///                       ▲        └─pool empty─▶ recall ──stock──▶ draw
///                       │                          └─nothing─▶ sold out
///                       └── a draw or a recall is under way ───┘
/// ```
///
/// A shard sells what it has drawn from the campaign's pool. A claim that finds none at hand waits here
/// while the loop draws; what is drawn is cumulative, so that neither a draw nor a credit that is heard of
/// twice counts twice. Where the pool is empty, what lies unissued in other shards is recalled first: a gift
/// is sold out only when that yields nothing, and stays so, without a script being spent on it, until the
/// pool's version grows or a long memory ends.
struct StockRoom<Item> {
    /// A draw that the loop is to make now.
    struct Draw: Equatable, Sendable {
        let gift: UInt16
        let shard: UInt16
        let wanted: Int
        let creditedEver: Int
        fileprivate let era: UInt64
    }

    /// A recall that the loop is to make now, from all shards.
    struct Recall: Equatable, Sendable {
        let gift: UInt16
        /// Whose people ask.
        let shard: UInt16
        let wanted: Int
        fileprivate let era: UInt64
    }

    /// What to do for those who wait for a gift in a shard.
    enum Step {
        /// Nobody waits, or a draw or a recall is under way.
        case nothing
        case draw(Draw)
        case recall(Recall)
        /// These claims go to the script again; ``StockRoom/credits(shard:)`` tells it of the stock.
        case again([Item])
        /// Neither the pool nor any shard has one.
        case soldOut([Item])
        /// Others were quicker each time; there may be stock yet.
        case busy([Item])
    }

    private struct Shelf {
        /// Passed on to the script, which answered.
        var credited = 0
        /// Given by the pool and not passed on for sure.
        var untold: StockCredit?
        var isDrawing = false
        /// Waits for the end of the gift's recall.
        var isRecalling = false
        /// Draws of nothing since the last stock came.
        var misses = 0
        var waiting: [Item] = []
        /// The coupons of those who wait: two claims of one coupon need one pack.
        var coupons: Set<UInt64> = []

        mutating func release() -> [Item] {
            defer {
                waiting.removeAll()
                coupons.removeAll()
            }
            return waiting
        }
    }

    private struct Place: Hashable {
        let gift: UInt16
        let shard: UInt16
    }

    private struct Emptiness {
        let version: Int
        let untilNs: UInt64
    }

    /// Packs asked for in one draw at most.
    static var maxWanted: Int { 512 }
    /// Draws of nothing, each behind a recall that yielded something, before who waits is told to repeat.
    static var maxMisses: Int { 4 }

    private let shards: Int
    private let soldOutNs: UInt64
    private var shelves: [Place: Shelf] = [:]
    /// Gifts of a shard whose credit the script has not been told of for sure.
    private var uncredited: [UInt16: Set<UInt16>] = [:]
    /// Gifts with a recall under way.
    private var recalling: Set<UInt16> = []
    private var emptiness: [UInt16: Emptiness] = [:]
    /// Grows when Redis's contents are others: what was begun before does not count any more.
    private var era: UInt64 = 0

    /// - Parameter soldOutNs: how long sold out is remembered while the pool's version stays.
    init(shards: Int, soldOutNs: UInt64) {
        precondition(shards > 0)
        self.shards = shards
        self.soldOutNs = soldOutNs
    }

    // MARK: - Looking for stock

    /// The script had no stock at hand for this claim: it waits for ``step(gift:shard:nowNs:)``.
    mutating func wait(_ item: Item, coupon: UInt64, gift: UInt16, shard: UInt16) {
        shelves[Place(gift: gift, shard: shard), default: Shelf()].waiting.append(item)
        shelves[Place(gift: gift, shard: shard)]?.coupons.insert(coupon)
    }

    /// What to do for those who wait; called when a batch has been gone through.
    mutating func step(gift: UInt16, shard: UInt16, nowNs: UInt64) -> Step {
        let place = Place(gift: gift, shard: shard)
        guard var shelf = shelves[place], !shelf.waiting.isEmpty, !shelf.isDrawing, !shelf.isRecalling else {
            return .nothing
        }
        defer { shelves[place] = shelf }
        // Drawn since the script said no.
        if shelf.untold != nil { return .again(shelf.release()) }
        if isSoldOut(gift: gift, nowNs: nowNs) { return .soldOut(shelf.release()) }
        shelf.isDrawing = true
        return .draw(
            Draw(
                gift: gift, shard: shard, wanted: min(shelf.coupons.count, Self.maxWanted),
                creditedEver: shelf.credited, era: era))
    }

    /// The pool has answered a draw.
    mutating func drew(_ draw: Draw, _ drawn: DrawnStock) -> Step {
        let place = Place(gift: draw.gift, shard: draw.shard)
        guard var shelf = shelves[place] else { return .nothing }
        defer { shelves[place] = shelf }
        // Of another Redis, or of this one before it was rebuilt: those who wait begin anew.
        guard draw.era == era else { return shelf.isDrawing ? .nothing : .again(shelf.release()) }
        shelf.isDrawing = false
        see(version: drawn.version)
        if drawn.drawnEver > shelf.credited {
            shelf.untold = drawn.credit(gift: draw.gift)
            shelf.misses = 0
            uncredited[draw.shard, default: []].insert(draw.gift)
            return .again(shelf.release())
        }
        shelf.misses += 1
        if shelf.misses > Self.maxMisses {
            shelf.misses = 0
            return .busy(shelf.release())
        }
        shelf.isRecalling = true
        guard recalling.insert(draw.gift).inserted else { return .nothing }
        return .recall(
            Recall(
                gift: draw.gift, shard: draw.shard, wanted: max(1, min(shelf.coupons.count, Self.maxWanted)),
                era: era))
    }

    /// A draw whose answer did not come: who waits is told to repeat. What it drew is found by the next draw.
    mutating func drawFailed(_ draw: Draw) -> [Item] {
        let place = Place(gift: draw.gift, shard: draw.shard)
        guard draw.era == era || shelves[place]?.isDrawing == false else { return [] }
        shelves[place]?.isDrawing = false
        return shelves[place]?.release() ?? []
    }

    /// The shards have answered a recall: what to do in each where somebody waits for it.
    mutating func recalled(
        _ recall: Recall, _ stock: RecalledStock, nowNs: UInt64
    ) -> [(shard: UInt16, step: Step)] {
        let places = endRecall(recall)
        if recall.era == era, stock.isNothing {
            emptiness[recall.gift] = Emptiness(version: stock.version, untilNs: nowNs + soldOutNs)
        }
        return places.map { ($0.shard, step(gift: $0.gift, shard: $0.shard, nowNs: nowNs)) }
    }

    /// A recall that could not be carried through: who waits for it is told to repeat. What it took from
    /// shards is found by the next one.
    mutating func recallFailed(_ recall: Recall) -> [Item] {
        endRecall(recall).flatMap { shelves[$0]?.release() ?? [] }
    }

    /// Where somebody waits for the end of a recall. Of one that was begun before Redis was rebuilt: where
    /// somebody waits for nothing any more.
    private mutating func endRecall(_ recall: Recall) -> [Place] {
        let isOurs = recall.era == era
        if isOurs { recalling.remove(recall.gift) }
        var places = [Place]()
        for shard in 0..<UInt16(shards) {
            let place = Place(gift: recall.gift, shard: shard)
            guard let shelf = shelves[place] else { continue }
            let isIdle = !shelf.waiting.isEmpty && !shelf.isDrawing && !shelf.isRecalling
            guard isOurs ? shelf.isRecalling : isIdle else { continue }
            shelves[place]?.isRecalling = false
            places.append(place)
        }
        return places
    }

    // MARK: - Credits

    /// What the next batch of a shard must tell the script.
    func credits(shard: UInt16) -> [StockCredit] {
        guard let gifts = uncredited[shard] else { return [] }
        return gifts.sorted().compactMap { shelves[Place(gift: $0, shard: shard)]?.untold }
    }

    /// The script has been told and has answered.
    mutating func credited(shard: UInt16, _ credits: [StockCredit]) {
        for credit in credits {
            let place = Place(gift: credit.gift, shard: shard)
            guard var shelf = shelves[place] else { continue }
            shelf.credited = max(shelf.credited, credit.drawnEver)
            if let untold = shelf.untold, untold.drawnEver <= shelf.credited {
                shelf.untold = nil
                uncredited[shard]?.remove(credit.gift)
            }
            shelves[place] = shelf
        }
        if uncredited[shard]?.isEmpty == true { uncredited[shard] = nil }
    }

    // MARK: - Sold out

    /// Whether the gift was found sold out, so that no script needs to be spent on it.
    func isSoldOut(gift: UInt16, nowNs: UInt64) -> Bool {
        guard let emptiness = emptiness[gift] else { return false }
        return nowNs < emptiness.untilNs
    }

    /// How many gifts are held for sold out.
    var soldOutCount: Int { emptiness.count }

    /// The pool's version as it is now: where it has grown, nothing is sold out for sure any more.
    mutating func see(version: Int) {
        guard emptiness.contains(where: { $0.value.version < version }) else { return }
        emptiness = emptiness.filter { $0.value.version >= version }
    }

    // MARK: - Ends

    /// Gives back everybody who waits, as when the loop stops claiming.
    mutating func releaseAll() -> [Item] {
        var items = [Item]()
        for place in Array(shelves.keys) { items += shelves[place]?.release() ?? [] }
        return items
    }

    /// Redis is another one or was rebuilt: nothing that was told to it or heard of it counts.
    mutating func forgetCredits() {
        era += 1
        for place in Array(shelves.keys) {
            shelves[place]?.credited = 0
            shelves[place]?.untold = nil
            shelves[place]?.isDrawing = false
            shelves[place]?.isRecalling = false
            shelves[place]?.misses = 0
        }
        uncredited.removeAll()
        recalling.removeAll()
        emptiness.removeAll()
    }
}
