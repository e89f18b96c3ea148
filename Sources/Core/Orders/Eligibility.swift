import Catalog
import Profiles

/// Why a person may not have a gift pack. Raw values stand in answers.
package enum Refusal: String, CaseIterable, Sendable {
    case notYetOpen = "not_yet_open"
    case over
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

/// Who may have what: the one piece of code that Recommend and Claim both ask (promise 8).
package enum Eligibility {
    /// Whether the person may have the gift pack, in whatever region.
    ///
    /// - Parameters:
    ///   - profile: nil where nothing at all is known of the person.
    ///   - soldOut: what the caller knows of the stock; Claim's script has the last word.
    package static func check(
        gift: Gift, profile: Profile?, catalog: Catalog, nowMs: Int64, soldOut: Bool = false
    ) -> Claimability {
        let campaign = catalog.campaign
        if nowMs < campaign.opensAtMs { return .no(.notYetOpen) }
        if nowMs >= campaign.closesAtMs { return .no(.over) }
        if soldOut { return .no(.soldOut) }
        guard let profile, profile.known & (1 << UInt64(gift.game)) != 0 else { return .unknown }
        guard let registration = profile.games.first(where: { $0.game == gift.game }),
            !registration.roles.isEmpty
        else { return .no(.noRole) }
        let playedBefore = Int64(registration.registeredAtS) * 1000 < campaign.opensAtMs
        switch gift.audience {
        case .new: return playedBefore ? .no(.notNewcomer) : .yes
        case .active: return playedBefore ? .yes : .no(.notPlayer)
        case .everyone: return .yes
        }
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
