import Catalog
import OrderStore
import Orders
import Redis
import Wire

/// What `.dead` holds, and where its orders stand now: as people read it, and as JSON.
struct LetterReport: Sendable, Equatable {
    /// Orders by where they stand.
    struct Counts: Sendable, Equatable {
        var orders = 0
        /// Rejected, expired or voided, as the letter says.
        var dead = 0
        /// On their way again.
        var open = 0
        var delivered = 0

        mutating func count(_ state: OrderState) {
            orders += 1
            if state == .delivered {
                delivered += 1
            } else if state.isClosed {
                dead += 1
            } else {
                open += 1
            }
        }
    }

    struct Line: Sendable, Equatable {
        var group: LetterGroup
        var counts: Counts
    }

    struct Letter: Sendable, Equatable {
        var record: DeadRecord
        var state: OrderState
    }

    /// Characters of an answer in a table.
    static let shownAnswer = 60
    private static let statesAtOnce = 4_096

    let games: [String]
    /// Slots of games by the slots of gifts.
    private let gameOfGift: [UInt8]
    private let gifts: [String]
    /// The largest first.
    let lines: [Line]
    /// The newest first.
    let letters: [Letter]
    let poison: [PoisonLetter]
    let poisonRecords: Int
    let lettersRead: Int
    let unreadable: Int
    let nowMs: Int64

    /// Looks up where all orders of a survey stand. The survey's index is used up.
    init(_ survey: consuming LetterSurvey, _ store: OrderStore, nowMs: Int64) async throws {
        var survey = survey
        var counts = [Counts](repeating: Counts(), count: survey.groups.count)
        var waiting = [LetterIndex.Entry]()
        func look() async throws {
            let states = try await store.standings(waiting.map(\.order))
            for (entry, state) in zip(waiting, states) { counts[Int(entry.group)].count(state) }
            waiting.removeAll(keepingCapacity: true)
        }
        try await survey.drain { meant in
            waiting += meant
            if waiting.count >= Self.statesAtOnce { try await look() }
        }
        try await look()
        let newest = Array(survey.newest.reversed())
        let states = try await store.standings(newest.map(\.order.id))
        self.init(
            survey, counts: counts, letters: zip(newest, states).map { Letter(record: $0, state: $1) },
            nowMs: nowMs)
    }

    init(_ survey: LetterSurvey, counts: [Counts], letters: [Letter], nowMs: Int64) {
        games = survey.catalog.games.map(\.id)
        gifts = survey.catalog.gifts.map(\.id)
        gameOfGift = survey.catalog.gifts.map(\.game)
        lines = zip(survey.groups, counts).filter { $1.orders > 0 }
            .map { Line(group: $0, counts: $1) }
            .sorted { a, b in
                a.counts.orders != b.counts.orders
                    ? a.counts.orders > b.counts.orders
                    : (a.group.game, a.group.reason, a.group.status)
                        < (b.group.game, b.group.reason, b.group.status)
            }
        self.letters = letters
        poison = survey.newestPoison.reversed()
        poisonRecords = survey.poison
        lettersRead = survey.letters
        unreadable = survey.unreadable
        self.nowMs = nowMs
    }

    // MARK: - For people

    var text: String {
        var parts = [String]()
        if lines.isEmpty {
            parts.append("no dead letters")
        } else {
            let head = ["GAME", "OUTCOME", "STATUS", "REASON", "ORDERS", "STILL DEAD", "OPEN", "DELIVERED"]
            let rows = lines.map { line in
                [
                    games[Int(line.group.game)], line.group.outcome.rawValue, "\(line.group.status)",
                    DeskOutput.harmless(line.group.reason, most: 60), "\(line.counts.orders)",
                    "\(line.counts.dead)", "\(line.counts.open)", "\(line.counts.delivered)",
                ]
            }
            parts.append(DeskOutput.table([head] + rows, numbers: [2, 4, 5, 6, 7]))
        }
        if poisonRecords > 0 { parts.append("\(poisonRecords) records that nobody could read") }
        if unreadable > 0 { parts.append("\(unreadable) lines that are neither, or of another catalog") }
        if !letters.isEmpty { parts.append(lettersText) }
        if !poison.isEmpty { parts.append(poisonText) }
        return parts.joined(separator: "\n\n")
    }

    private var lettersText: String {
        let head = ["ORDER", "GAME", "NOW", "OUTCOME", "ATTEMPTS", "STATUS", "AGE", "REASON", "ANSWER"]
        let rows = letters.map { letter in
            [
                letter.record.order.id.text, game(letter.record), letter.state.name,
                letter.record.outcome.rawValue, "\(letter.record.order.attempt)", "\(letter.record.status)",
                DeskOutput.age(ms: nowMs - letter.record.atMs),
                DeskOutput.harmless(letter.record.reason, most: 60),
                DeskOutput.harmless(letter.record.answer, most: Self.shownAnswer),
            ]
        }
        return DeskOutput.table([head] + rows, numbers: [4, 5])
    }

    private var poisonText: String {
        let head = ["POISON IN", "PARTITION", "OFFSET", "BYTES", "AGE", "REASON", "BEGINS"]
        let rows = poison.map { poison in
            [
                DeskOutput.harmless(poison.found.topic), "\(poison.found.partition)",
                "\(poison.found.offset)", "\(poison.found.value.count)",
                DeskOutput.age(ms: nowMs - poison.atMs), DeskOutput.harmless(poison.found.reason, most: 60),
                DeskOutput.harmless(
                    String(decoding: poison.found.value.prefix(Self.shownAnswer), as: UTF8.self)),
            ]
        }
        return DeskOutput.table([head] + rows, numbers: [1, 2, 3])
    }

    private func game(_ record: DeadRecord) -> String {
        games[Int(gameOfGift[Int(record.order.gift)])]
    }

    // MARK: - For programs

    /// `{"groups":[…],"letters":[…],"poison":[…],"poison_records":n,"unreadable":n}`.
    var json: [UInt8] {
        var json = JSONWriter(reserving: 1024 + letters.count * 512)
        json.beginObject()
        json.key("groups")
        json.beginArray()
        for line in lines { write(line, &json) }
        json.endArray()
        json.key("letters")
        json.beginArray()
        for letter in letters { write(letter, &json) }
        json.endArray()
        json.key("poison")
        json.beginArray()
        for poison in poison { write(poison, &json) }
        json.endArray()
        json.key("poison_records")
        json.integer(Int64(poisonRecords))
        json.key("unreadable")
        json.integer(Int64(unreadable))
        json.endObject()
        return json.bytes
    }

    private func write(_ line: Line, _ json: inout JSONWriter) {
        json.beginObject()
        json.key("game")
        json.string(games[Int(line.group.game)])
        json.key("outcome")
        json.string(line.group.outcome.rawValue)
        json.key("status")
        json.integer(Int64(line.group.status))
        json.key("reason")
        json.string(line.group.reason)
        let counts: [(StaticString, Int)] = [
            ("orders", line.counts.orders), ("still_dead", line.counts.dead), ("open", line.counts.open),
            ("delivered", line.counts.delivered),
        ]
        for (key, value) in counts {
            json.key(key)
            json.integer(Int64(value))
        }
        json.endObject()
    }

    private func write(_ letter: Letter, _ json: inout JSONWriter) {
        let record = letter.record
        json.beginObject()
        json.key("order")
        json.string(record.order.id.text)
        json.key("game")
        json.string(game(record))
        json.key("gift")
        json.string(gifts[Int(record.order.gift)])
        json.key("state")
        json.string(letter.state.name)
        json.key("outcome")
        json.string(record.outcome.rawValue)
        json.key("attempts")
        json.integer(Int64(record.order.attempt))
        json.key("status")
        json.integer(Int64(record.status))
        json.key("at")
        json.string(UTCTimestamp.rfc3339(unixMs: record.atMs))
        json.key("reason")
        json.string(record.reason)
        json.key("answer")
        json.string(record.answer)
        json.endObject()
    }

    private func write(_ poison: PoisonLetter, _ json: inout JSONWriter) {
        json.beginObject()
        json.key("topic")
        json.string(poison.found.topic)
        json.key("partition")
        json.integer(Int64(poison.found.partition))
        json.key("offset")
        json.integer(poison.found.offset)
        json.key("at")
        json.string(UTCTimestamp.rfc3339(unixMs: max(0, poison.atMs)))
        json.key("reason")
        json.string(poison.found.reason)
        json.key("value")
        json.string(utf8: Base64.encode(poison.found.value))
        json.endObject()
    }
}
