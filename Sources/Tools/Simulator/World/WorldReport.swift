import Catalog
import Wire

/// One game's day as the receiver saw it; a line of the report.
struct GameReport: Sendable, Equatable {
    let game: String
    let perSecond: Double
    let burst: Int
    /// Most arrivals in any window of one second.
    let highestWindow: Int
    /// Windows that held more than limit + burst.
    let windowsOver: Int
    /// Deliveries that arrived, signed or not.
    let requests: Int
    let orders: Int
    let grants: Int
    let grantedTwice: Int
    let alreadyGranted: Int
    let rejected: Int
    let repeats: Int
    let unsigned: Int
    let malformed: Int
    let misaddressed: Int
    let errors: Int
    let throttled: Int
    let dropped: Int
    let queries: Int

    init(_ desk: GameDesk) {
        game = desk.game.id
        perSecond = desk.game.limit.perSecond
        burst = desk.game.limit.burst
        highestWindow = desk.window.highest
        windowsOver = desk.window.windowsOver
        requests = desk.window.total
        orders = desk.book.orders
        grants = desk.book.grants
        grantedTwice = desk.book.grantedTwice
        alreadyGranted = desk.tally.alreadyGranted
        rejected = desk.tally.rejected
        repeats = desk.book.repeats
        unsigned = desk.tally.unsigned
        malformed = desk.tally.malformed
        misaddressed = desk.tally.misaddressed
        errors = desk.tally.errors
        throttled = desk.tally.throttled
        dropped = desk.tally.dropped
        queries = desk.tally.queries
    }

    private typealias Count = (key: String, value: Int)

    private var counts: [Count] {
        [
            ("burst", burst), ("highest_window", highestWindow), ("windows_over_limit", windowsOver),
            ("requests", requests), ("orders", orders), ("grants", grants), ("granted_twice", grantedTwice),
            ("already_granted", alreadyGranted), ("rejected", rejected), ("repeats", repeats),
            ("unsigned", unsigned), ("malformed", malformed), ("misaddressed", misaddressed),
            ("errors", errors),
            ("throttled", throttled), ("dropped", dropped), ("queries", queries),
        ]
    }

    func write(into json: inout JSONWriter) {
        json.beginObject()
        json.key("game")
        json.string(game)
        json.key("limit")
        json.double(perSecond)
        for (key, value) in counts {
            json.key(key)
            json.integer(Int64(value))
        }
        json.endObject()
    }

    init(_ json: JSON, path: String) throws(JSONError) {
        var fields = try JSONFields(json, path: path)
        func count(_ key: String) throws(JSONError) -> Int {
            Int(try fields.integer(key, in: 0...Int64(Int32.max)))
        }
        game = try fields.string("game")
        perSecond = try fields.double("limit", in: 0...1e9)
        burst = try count("burst")
        highestWindow = try count("highest_window")
        windowsOver = try count("windows_over_limit")
        requests = try count("requests")
        orders = try count("orders")
        grants = try count("grants")
        grantedTwice = try count("granted_twice")
        alreadyGranted = try count("already_granted")
        rejected = try count("rejected")
        repeats = try count("repeats")
        unsigned = try count("unsigned")
        malformed = try count("malformed")
        misaddressed = try count("misaddressed")
        errors = try count("errors")
        throttled = try count("throttled")
        dropped = try count("dropped")
        queries = try count("queries")
    }
}

/// What the outside world has seen, all games together and each.
///
/// Form: `{"role_questions":n,"total":{"limit","burst","highest_window","windows_over_limit","requests"},
/// "games":[…]}`.
struct WorldReport: Sendable, Equatable {
    let roleQuestions: Int
    let totalPerSecond: Double
    let totalBurst: Int
    let totalHighestWindow: Int
    let totalWindowsOver: Int
    let totalRequests: Int
    let games: [GameReport]

    /// Over all games and the total.
    var windowsOver: Int { games.reduce(totalWindowsOver) { $0 + $1.windowsOver } }

    init(_ world: OutsideWorld) {
        let limit = world.catalog.campaign.totalLimit
        roleQuestions = world.roleQuestions
        totalPerSecond = limit.perSecond
        totalBurst = limit.burst
        totalHighestWindow = world.total.highest
        totalWindowsOver = world.total.windowsOver
        totalRequests = world.total.total
        games = world.desks.map(GameReport.init)
    }

    func encode() -> [UInt8] {
        var json = JSONWriter(reserving: 4096)
        json.beginObject()
        json.key("role_questions")
        json.integer(Int64(roleQuestions))
        json.key("total")
        json.beginObject()
        json.key("limit")
        json.double(totalPerSecond)
        let counts = [
            ("burst", totalBurst), ("highest_window", totalHighestWindow),
            ("windows_over_limit", totalWindowsOver), ("requests", totalRequests),
        ]
        for (key, value) in counts {
            json.key(key)
            json.integer(Int64(value))
        }
        json.endObject()
        json.key("games")
        json.beginArray()
        for game in games { game.write(into: &json) }
        json.endArray()
        json.endObject()
        return json.bytes
    }

    init(_ bytes: [UInt8]) throws(JSONError) {
        var fields = try JSONFields(JSON.parse(bytes, limits: .document))
        let counts: ClosedRange<Int64> = 0...Int64(Int32.max)
        roleQuestions = Int(try fields.integer("role_questions", in: counts))
        var total = try fields.object("total")
        totalPerSecond = try total.double("limit", in: 0...1e9)
        totalBurst = Int(try total.integer("burst", in: counts))
        totalHighestWindow = Int(try total.integer("highest_window", in: counts))
        totalWindowsOver = Int(try total.integer("windows_over_limit", in: counts))
        totalRequests = Int(try total.integer("requests", in: counts))
        var games: [GameReport] = []
        for (index, game) in try fields.array("games", max: 64).enumerated() {
            games.append(try GameReport(game, path: "games[\(index)]"))
        }
        self.games = games
    }
}
