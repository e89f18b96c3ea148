import Catalog
import Profiles

/// Why a person may not have a gift pack. Raw values stand in answers.
package enum Refusal: String, CaseIterable, Sendable {
    case notYetOpen = "not_yet_open"
    case over
    /// Somebody has stopped the pack or its game for a while.
    case paused
    case soldOut = "sold_out"
    /// No role in the game: register first.
    case noRole = "no_role"
    /// For newcomers, and the person played before the campaign began.
    case notNewcomer = "not_a_newcomer"
    /// For players, and the person did not play before the campaign began.
    case notPlayer = "not_a_player"
    /// The named region and role are not the person's.
    case notYours = "not_your_role"
}

/// Whether a person may claim a gift pack now. What cannot be known is not guessed.
package enum Claimability: Sendable, Equatable {
    case yes
    case no(Refusal)
    /// The person's registration in the game is not known at the moment.
    case unknown
}

/// What is known of a person in one game, as far as eligibility asks.
package enum Registration: UInt8, Sendable, CaseIterable {
    /// Nobody could say at the moment.
    case unknown
    /// Never registered, or registered without a role.
    case noRole
    /// Has a role, registered before the campaign opened.
    case before
    /// Has a role, registered since.
    case since

    package init(_ profile: Profile?, game: UInt8, campaign: Campaign) {
        guard let profile, profile.knows(game) else {
            self = .unknown
            return
        }
        guard let entry = profile.game(game), !entry.roles.isEmpty else {
            self = .noRole
            return
        }
        self.init(registeredAtS: entry.registeredAtS, opensAtMs: campaign.opensAtMs)
    }

    /// Of a person with a role; `opensAtMs` is the campaign's.
    package init(registeredAtS: UInt32, opensAtMs: Int64) {
        self = Int64(registeredAtS) * 1000 < opensAtMs ? .before : .since
    }
}

/// Who may have what: the one piece of code that Recommend and Claim both ask (promise 8).
package enum Eligibility {
    /// What holds for everybody at a time: the campaign's phase, and whether the pack is stopped.
    ///
    /// - Returns: nil where it depends on the person.
    package static func refusal(gift: Gift, catalog: Catalog, nowMs: Int64, soldOut: Bool) -> Refusal? {
        let campaign = catalog.campaign
        if nowMs < campaign.opensAtMs { return .notYetOpen }
        if nowMs >= campaign.closesAtMs { return .over }
        if gift.isPaused || catalog.games[Int(gift.game)].isPaused { return .paused }
        return soldOut ? .soldOut : nil
    }

    /// Whether a person of that registration may have a pack of that audience, where nothing else stands
    /// against it.
    package static func check(_ audience: Audience, _ registration: Registration) -> Claimability {
        switch (registration, audience) {
        case (.unknown, _): .unknown
        case (.noRole, _): .no(.noRole)
        case (.before, .new): .no(.notNewcomer)
        case (.since, .active): .no(.notPlayer)
        case (.before, _), (.since, _): .yes
        }
    }

    /// Whether the person may have the gift pack, in whatever region.
    ///
    /// - Parameters:
    ///   - profile: nil where nothing at all is known of the person.
    ///   - soldOut: what the caller knows of the stock; Claim's script has the last word.
    package static func check(
        gift: Gift, profile: Profile?, catalog: Catalog, nowMs: Int64, soldOut: Bool = false
    ) -> Claimability {
        if let refusal = refusal(gift: gift, catalog: catalog, nowMs: nowMs, soldOut: soldOut) {
            return .no(refusal)
        }
        return check(gift.audience, Registration(profile, game: gift.game, campaign: catalog.campaign))
    }

    /// The same for a claim, which names the region and the role that are to receive it.
    package static func check(
        gift: Gift, region: UInt16, role: UInt64, profile: Profile?, catalog: Catalog, nowMs: Int64,
        soldOut: Bool = false
    ) -> Claimability {
        let listed = check(gift: gift, profile: profile, catalog: catalog, nowMs: nowMs, soldOut: soldOut)
        guard listed == .yes, let profile else { return listed }
        let isTheirs = profile.games.contains { game in
            game.game == gift.game && game.roles.contains { $0.region == region && $0.id == role }
        }
        return isTheirs ? .yes : .no(.notYours)
    }
}
