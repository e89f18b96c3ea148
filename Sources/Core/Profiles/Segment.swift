import Catalog

/// What kind of player a person is, as far as registration tells: by the number of the campaign's games in
/// which the person has a role.
///
/// People without a preference vector get the popularity order of their segment: those who play one game and
/// those who play half of them choose differently, and a person's registrations are known long before a
/// taste is. The raw value indexes `Gift.popularityBySegment`.
package enum Segment: Int, Sendable, CaseIterable {
    /// No role anywhere, or nobody could say.
    case stranger
    /// A role in one game or two.
    case casual
    /// A role in three games or more.
    case regular

    /// - Parameter games: how many of the campaign's games the person has a role in.
    package init(games: Int) {
        self = games == 0 ? .stranger : games < 3 ? .casual : .regular
    }

    package init(_ profile: Profile) {
        var games = 0
        for game in profile.games where !game.roles.isEmpty { games += 1 }
        self.init(games: games)
    }
}
