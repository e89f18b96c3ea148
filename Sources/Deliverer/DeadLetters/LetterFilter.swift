import Catalog
import Orders
import Wire

/// Which dead letters are meant. Everything that is said must hold.
struct LetterFilter: Sendable, Equatable {
    /// How a dead letter ended.
    enum Ending: String, Sendable, CaseIterable {
        case rejected, expired, voided
        /// A record that nobody could read.
        case poison
    }

    /// IDs; empty: all games.
    var games: [String] = []
    /// Stands in the reason, letter case aside.
    var reason: String?
    /// The last answer's status; 0: there was none.
    var status: Int?
    var ending: Ending?
    /// Ended at or after this moment, Unix milliseconds.
    var sinceMs: Int64?
    /// Ended before this moment.
    var untilMs: Int64?

    /// - Parameter game: the ID of the order's game.
    func matches(_ letter: DeadRecord, game: String) -> Bool {
        if let ending, ending.rawValue != letter.outcome.rawValue { return false }
        if let status, status != letter.status { return false }
        return matches(game: game, reason: letter.reason) && matches(atMs: letter.atMs)
    }

    /// A poison record is of the game whose topic it stood in; it has no status.
    ///
    /// - Parameter atMs: when it was put aside.
    func matches(_ poison: PoisonRecord.Found, atMs: Int64) -> Bool {
        guard ending == nil || ending == .poison, status == nil else { return false }
        let game = poison.topic.split(separator: ".").last.map(String.init) ?? ""
        return matches(game: game, reason: poison.reason) && matches(atMs: atMs)
    }

    private func matches(game: String, reason text: String) -> Bool {
        guard games.isEmpty || games.contains(game) else { return false }
        guard let reason else { return true }
        return text.lowercased().contains(reason.lowercased())
    }

    private func matches(atMs: Int64) -> Bool {
        (sinceMs ?? .min) <= atMs && atMs < (untilMs ?? .max)
    }

    /// One text for one meaning: what two batches are told apart by.
    var canonical: String {
        var json = JSONWriter()
        json.beginObject()
        json.key("games")
        json.beginArray()
        for game in Set(games).sorted() { json.string(game) }
        json.endArray()
        if let reason {
            json.key("reason")
            json.string(reason.lowercased())
        }
        if let ending {
            json.key("outcome")
            json.string(ending.rawValue)
        }
        for (key, value) in [
            ("status", status.map(Int64.init)), ("since", sinceMs), ("until", untilMs),
        ] {
            guard let value else { continue }
            json.key(key)
            json.integer(value)
        }
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self)
    }
}
