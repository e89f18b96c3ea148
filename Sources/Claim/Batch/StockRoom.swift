import OrderStore

/// What one loop knows of the stock, by gift pack and shard: draws under way, credits to be told, and what
/// is sold out.
///
/// A shard sells what it has drawn from the campaign's pool. A claim that finds none at hand waits here
/// while the loop draws; the drawn amount is cumulative, so that neither a draw nor a credit that is heard
/// of twice counts twice. What is drawn is the demand and a little more, less and less as the pool empties,
/// so that in the end nothing lies in shards that nobody asks.
struct StockRoom<Item> {
    /// A draw that the loop is to make now.
    struct Draw: Equatable {
        let gift: UInt16
        let shard: UInt16
        let wanted: Int
        let creditedEver: Int
    }

    /// What came of a draw.
    enum Drawn {
        /// These claims go to the script again; ``credits(shard:)`` tells it of the stock.
        case again([Item])
        /// The pool is empty.
        case soldOut([Item])
    }

    private struct Shelf {
        /// Passed on to the script, which answered.
        var credited = 0
        /// The last that the pool told; above `credited` while the script has not been told.
        var drawn = 0
        var isDrawing = false
        var waiting: [Item] = []
        /// The coupons of those who wait: two claims of one coupon need one pack.
        var coupons: Set<UInt64> = []
        var soldOutUntilNs: UInt64 = 0

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

    private let shards: Int
    private let soldOutNs: UInt64
    private var shelves: [Place: Shelf] = [:]
    /// Places of a shard whose credit the script has not been told of for sure.
    private var uncredited: [UInt16: Set<UInt16>] = [:]

    /// - Parameter soldOutNs: how long sold out is remembered; stock added meanwhile sells that much later.
    init(shards: Int, soldOutNs: UInt64) {
        precondition(shards > 0)
        self.shards = shards
        self.soldOutNs = soldOutNs
    }

    /// Packs to draw: the demand and a share of what the pool probably still has.
    ///
    /// People are spread evenly over shards, so that what this shard has drawn, times the shards, is about
    /// what all have drawn; 1/64 of an even share of the rest is prefetched, nothing where that is less
    /// than one.
    static func wanted(demand: Int, stock: Int, shards: Int, drawnEver: Int) -> Int {
        let left = stock - drawnEver * shards
        return demand + min(256, max(0, left / (shards * 64)))
    }

    /// The script had no stock at hand for this claim: it waits for ``draw(gift:shard:stock:)``.
    mutating func wait(_ item: Item, coupon: UInt64, gift: UInt16, shard: UInt16) {
        shelves[Place(gift: gift, shard: shard), default: Shelf()].waiting.append(item)
        shelves[Place(gift: gift, shard: shard)]?.coupons.insert(coupon)
    }

    enum Step {
        /// Nobody waits, or a draw is under way.
        case nothing
        case draw(Draw)
        /// Stock was drawn since the script said no: try again with it.
        case again([Item])
        /// The pool was found empty a moment ago.
        case soldOut([Item])
    }

    /// What to do for those who wait for a gift in a shard; called when a batch has been gone through.
    mutating func step(gift: UInt16, shard: UInt16, stock: Int, nowNs: UInt64) -> Step {
        let place = Place(gift: gift, shard: shard)
        guard var shelf = shelves[place], !shelf.waiting.isEmpty, !shelf.isDrawing else { return .nothing }
        defer { shelves[place] = shelf }
        if shelf.drawn > shelf.credited { return .again(shelf.release()) }
        if nowNs < shelf.soldOutUntilNs { return .soldOut(shelf.release()) }
        shelf.isDrawing = true
        let wanted = Self.wanted(
            demand: shelf.coupons.count, stock: stock, shards: shards, drawnEver: shelf.credited)
        return .draw(Draw(gift: gift, shard: shard, wanted: wanted, creditedEver: shelf.credited))
    }

    /// The pool has answered a draw.
    mutating func drew(gift: UInt16, shard: UInt16, drawnEver: Int, nowNs: UInt64) -> Drawn {
        let place = Place(gift: gift, shard: shard)
        guard var shelf = shelves[place], shelf.isDrawing else { return .again([]) }
        defer { shelves[place] = shelf }
        shelf.isDrawing = false
        guard drawnEver > shelf.credited else {
            shelf.soldOutUntilNs = nowNs + soldOutNs
            return .soldOut(shelf.release())
        }
        shelf.drawn = drawnEver
        uncredited[shard, default: []].insert(gift)
        return .again(shelf.release())
    }

    /// A draw whose answer did not come: who waits is told to repeat. What it drew is found by the next draw.
    mutating func drawFailed(gift: UInt16, shard: UInt16) -> [Item] {
        let place = Place(gift: gift, shard: shard)
        shelves[place]?.isDrawing = false
        return shelves[place]?.release() ?? []
    }

    /// What the next batch of a shard must tell the script.
    func credits(shard: UInt16) -> [StockCredit] {
        guard let gifts = uncredited[shard] else { return [] }
        return gifts.sorted().compactMap { gift in
            shelves[Place(gift: gift, shard: shard)].map { StockCredit(gift: gift, drawnEver: $0.drawn) }
        }
    }

    /// The script has been told and has answered.
    mutating func credited(shard: UInt16, _ credits: [StockCredit]) {
        for credit in credits {
            let place = Place(gift: credit.gift, shard: shard)
            guard var shelf = shelves[place] else { continue }
            shelf.credited = max(shelf.credited, credit.drawnEver)
            if shelf.drawn <= shelf.credited { uncredited[shard]?.remove(credit.gift) }
            shelves[place] = shelf
        }
        if uncredited[shard]?.isEmpty == true { uncredited[shard] = nil }
    }

    /// Whether the gift was found sold out in the shard a moment ago, so that no script needs to be spent
    /// on it.
    func isSoldOut(gift: UInt16, shard: UInt16, nowNs: UInt64) -> Bool {
        shelves[Place(gift: gift, shard: shard)].map { nowNs < $0.soldOutUntilNs } ?? false
    }

    /// Gives back everybody who waits, as when the loop stops claiming.
    mutating func releaseAll() -> [Item] {
        var items = [Item]()
        for place in Array(shelves.keys) { items += shelves[place]?.release() ?? [] }
        return items
    }

    /// Redis is another one or was restarted: nothing that was told to it counts. Draws under way end as
    /// usual.
    mutating func forgetCredits() {
        for place in Array(shelves.keys) {
            shelves[place]?.credited = 0
            shelves[place]?.drawn = 0
        }
        uncredited.removeAll()
    }
}
