import Catalog
import Orders
import Profiles
import Wire

/// What a person does next, given what has happened: list, choose, claim, perhaps once more.
///
/// Pure; the crowd performs the actions. A call that failed is made again after a while until there is a
/// final answer, since only that tells the person whether the pack is theirs.
struct PersonScript: Sendable {
    /// A claim as the person fills it in.
    struct Draft: Sendable, Equatable {
        var gift: String
        var region: String
        var role: String
    }

    enum Action: Sendable, Equatable {
        case list
        case claim(Draft)
        /// Ask for the list once more, after a while.
        case listLater
        case done
    }

    /// For the funnel: what a final answer meant.
    enum Verdict: Sendable, Equatable {
        case accepted
        case repeated
        case soldOut
        case refused
        /// Not the answer that it should have been.
        case wrong(String)
    }

    enum Step: String, Sendable {
        case list, claim, settle, again, spend
    }

    /// A list that shows nothing claimable while some of it is unknown is asked for again, so often.
    static let maxLists = 60

    let person: Person
    private(set) var step = Step.list
    private(set) var order: OrderID?
    private(set) var draft: Draft?
    private var lists = 0
    private var gifts: [ListedGift] = []
    private var random: SplitMix64

    init(_ person: Person) {
        self.person = person
        random = SplitMix64(seed: person.seed)
    }

    // MARK: - The list

    /// The list came; `nil` when it was refused, which is right only for a bad ticket.
    mutating func listed(_ gifts: [ListedGift], _ world: RoleWorld) -> Action {
        self.gifts = gifts
        lists += 1
        switch person.part {
        case .looks: return .done
        case .claims, .contends, .wrongRegion, .othersCoupon, .expiredCoupon, .forgedCoupon:
            return choose(world)
        case .garbage, .badTicket, .noRole, .unknownGift:
            return claim(oddDraft(world))
        }
    }

    /// The list was refused for the ticket; a person with a bad one tries to claim all the same.
    mutating func listRefused(_ world: RoleWorld) -> Action {
        person.part == .badTicket ? claim(oddDraft(world)) : .done
    }

    private mutating func choose(_ world: RoleWorld) -> Action {
        if case .contends(let slot) = person.part, step == .list {
            let id = world.catalog.gifts[Int(slot)].id
            if let gift = gifts.first(where: { $0.id == id && $0.claimable == .yes }), let draft = fill(gift)
            {
                return claim(draft)
            }
        }
        let contested = Set(CrowdPlan.contested(world.catalog).map(\.id))
        let open = gifts.filter { $0.claimable == .yes && !$0.places.isEmpty && !contested.contains($0.id) }
        let favourite = world.favourite(of: person.user).map { world.catalog.games[Int($0)].id }
        let preferred = open.filter { $0.game == favourite }
        if let gift = (preferred.isEmpty ? open : preferred).randomElement(using: &random),
            var draft = fill(gift)
        {
            if person.part == .wrongRegion { draft.role = String(1 + (UInt64(draft.role) ?? 0)) }
            return claim(draft)
        }
        guard gifts.contains(where: { $0.claimable == .unknown }), lists < Self.maxLists else {
            // A person without a pack to choose cannot do what was planned; the crowd notes it for valid
            // ones.
            return person.part.isValid ? .done : claim(oddDraft(world))
        }
        return .listLater
    }

    private mutating func fill(_ gift: ListedGift) -> Draft? {
        gift.places.randomElement(using: &random).map {
            Draft(gift: gift.id, region: $0.region, role: $0.role)
        }
    }

    /// A claim for whatever comes first, where the person's own roles do not matter.
    private mutating func oddDraft(_ world: RoleWorld) -> Draft {
        let plays = Set(world.registrations(of: person.user).map(\.game))
        let game = world.catalog.games.first { !plays.contains($0.slot) } ?? world.catalog.games[0]
        let slot = world.catalog.giftsByGame[Int(game.slot)].randomElement(using: &random) ?? 0
        let gift = person.part == .unknownGift ? "no-such-gift" : world.catalog.gifts[Int(slot)].id
        return Draft(gift: gift, region: game.regions[0].id, role: String(1 + random.next() % 1_000_000))
    }

    private mutating func claim(_ draft: Draft) -> Action {
        self.draft = draft
        if step == .list { step = .claim }
        return .claim(draft)
    }

    // MARK: - The claim

    /// A final answer to the claim that was last sent.
    mutating func claimed(status: Int, order answered: OrderID?, _ world: RoleWorld) -> (Verdict, Action) {
        switch step {
        case .list: return (.wrong("an answer without a claim"), .done)
        case .claim, .settle: return firstAnswer(status, answered, world)
        case .again:
            guard status == 200, answered == order else {
                return (.wrong("repeat: \(status)\(answered == order ? "" : " with another order")"), .done)
            }
            return (.repeated, spendAgain())
        case .spend:
            return (status == 409 ? .refused : .wrong("spent coupon: \(status)"), .done)
        }
    }

    private mutating func firstAnswer(_ status: Int, _ answered: OrderID?, _ world: RoleWorld) -> (
        Verdict, Action
    ) {
        guard person.part.isValid else {
            let isRight = person.part.rightStatuses.contains(status)
            return (isRight ? .refused : .wrong("\(person.part.name): \(status)"), .done)
        }
        if status == 409, case .contends = person.part, step == .claim {
            step = .settle
            return (.soldOut, choose(world))
        }
        guard person.part.rightStatuses.contains(status), let answered else {
            return (.wrong("\(person.part.name): \(status)"), .done)
        }
        order = answered
        if person.repeatsClaim, let draft {
            step = .again
            return (.accepted, .claim(draft))
        }
        return (.accepted, spendAgain())
    }

    private mutating func spendAgain() -> Action {
        guard person.spendsAgain, step != .spend else { return .done }
        let others = gifts.filter { $0.claimable == .yes && $0.id != draft?.gift }
        guard let gift = others.randomElement(using: &random), let draft = fill(gift) else { return .done }
        step = .spend
        return .claim(draft)
    }
}
