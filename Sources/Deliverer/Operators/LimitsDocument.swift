import Catalog
import Orders
import Wire

/// What is in force: `GET /v1/admin/limits`, and the answer to every act that changes it.
///
/// `{"total":{…},"games":[…]}`; a game is `{"game","perSecond","burst","maxConcurrency","file":{…},
/// "set"?,"paused","gate"?}`; `set` and `gate` are `{"by","reason","at"}` of who set the limit, paused or
/// resumed last.
struct LimitsDocument: Sendable, Equatable {
    /// Of the answer, for who reads it.
    static let limits = JSONLimits(maxBytes: 512 << 10, maxDepth: 6, maxNodes: 8_192)

    struct Numbers: Sendable, Equatable {
        var perSecond: Double
        var burst: Int
        /// nil: of the total.
        var maxConcurrency: Int?
    }

    struct Entry: Sendable, Equatable {
        /// nil: the total.
        var game: String?
        var limit: Numbers
        /// The campaign's file's.
        var file: Numbers
        /// Who set the limit; nil: it is the file's.
        var set: OperatorActs.Act?
        var isPaused = false
        /// Who paused or resumed it last.
        var gate: OperatorActs.Act?
    }

    var total: Entry
    var games: [Entry]

    init(total: Entry, games: [Entry]) {
        self.total = total
        self.games = games
    }

    init(_ acts: OperatorActs, _ catalog: Catalog) {
        func numbers(_ rate: RateLimit, _ concurrency: Int?) -> Numbers {
            Numbers(perSecond: rate.perSecond, burst: rate.burst, maxConcurrency: concurrency)
        }
        let all = acts.total(of: catalog.campaign)
        total = Entry(
            limit: numbers(all.rate, nil), file: numbers(catalog.campaign.totalLimit, nil), set: all.act)
        games = catalog.games.map { game in
            let limit = acts.limit(of: game)
            return Entry(
                game: game.id, limit: numbers(limit.rate, limit.maxConcurrency),
                file: numbers(game.limit, game.maxConcurrency), set: limit.act,
                isPaused: acts.isPaused(game.id), gate: acts.gate(of: game.id)?.act)
        }
    }

    // MARK: - JSON

    func encode() -> [UInt8] {
        var json = JSONWriter(reserving: 256 + games.count * 256)
        json.beginObject()
        json.key("total")
        Self.write(total, &json)
        json.key("games")
        json.beginArray()
        for game in games { Self.write(game, &json) }
        json.endArray()
        json.endObject()
        return json.bytes
    }

    private static func write(_ entry: Entry, _ json: inout JSONWriter) {
        json.beginObject()
        if let game = entry.game {
            json.key("game")
            json.string(game)
        }
        write(entry.limit, &json)
        json.key("file")
        json.beginObject()
        write(entry.file, &json)
        json.endObject()
        if let set = entry.set {
            json.key("set")
            json.act(set)
        }
        if entry.game != nil {
            json.key("paused")
            json.bool(entry.isPaused)
        }
        if let gate = entry.gate {
            json.key("gate")
            json.act(gate)
        }
        json.endObject()
    }

    private static func write(_ numbers: Numbers, _ json: inout JSONWriter) {
        json.key("perSecond")
        json.double(numbers.perSecond)
        json.key("burst")
        json.integer(Int64(numbers.burst))
        if let maxConcurrency = numbers.maxConcurrency {
            json.key("maxConcurrency")
            json.integer(Int64(maxConcurrency))
        }
    }

    static func decode(_ body: [UInt8]) throws(JSONError) -> LimitsDocument {
        var fields = try JSONFields(JSON.parse(body, limits: limits))
        var total = try fields.object("total")
        var games = [Entry]()
        for (index, json) in try fields.array("games", max: CatalogLimits.games).enumerated() {
            var entry = try JSONFields(json, path: "games[\(index)]")
            let id = try entry.string("game")
            games.append(try read(&entry, game: id))
        }
        return LimitsDocument(total: try read(&total, game: nil), games: games)
    }

    private static func read(_ fields: inout JSONFields, game: String?) throws(JSONError) -> Entry {
        let limit = try numbers(&fields)
        var file = try fields.object("file")
        return Entry(
            game: game, limit: limit, file: try numbers(&file), set: try fields.act("set"),
            isPaused: try fields.optionalBool("paused") ?? false, gate: try fields.act("gate"))
    }

    private static func numbers(_ fields: inout JSONFields) throws(JSONError) -> Numbers {
        let counts = 0...Int64(CatalogLimits.burst)
        return Numbers(
            perSecond: try fields.double("perSecond", in: 0...Double(CatalogLimits.perSecond)),
            burst: Int(try fields.integer("burst", in: counts)),
            maxConcurrency: try fields.optionalInteger("maxConcurrency", in: counts).map { Int($0) })
    }
}

extension JSONWriter {
    mutating func act(_ act: OperatorActs.Act) {
        beginObject()
        key("by")
        string(act.by)
        key("reason")
        string(act.reason)
        key("at")
        integer(act.atMs)
        endObject()
    }
}

extension JSONFields {
    mutating func act(_ key: String) throws(JSONError) -> OperatorActs.Act? {
        guard var act = try optionalObject(key) else { return nil }
        return OperatorActs.Act(
            by: try act.string("by"), reason: try act.string("reason", maxBytes: 1024),
            atMs: try act.integer("at", in: 0...(1 << 47)))
    }
}
