import Catalog
import Orders
import Wire

/// `GET /v1/admin/status` of a Deliverer; docs/openapi.yaml has the fields.
extension DelivererStatusReport {
    /// Of the answer, for who reads it.
    static let limits = JSONLimits(maxBytes: 1 << 20, maxDepth: 8, maxNodes: 32_768)

    func encode() -> [UInt8] {
        var json = JSONWriter(reserving: 512 + games.count * 1_024)
        json.beginObject()
        json.key("owner")
        json.string(owner)
        json.key("idle")
        json.bool(isIdle)
        json.key("delivering")
        json.bool(isOpen)
        json.key("why")
        json.string(why)
        json.number("open", open)
        json.number("partitions", partitions)
        json.number("total_limit", totalLimit)
        json.number("total_share", totalShare)
        json.key("games")
        json.beginArray()
        for game in games { game.write(&json) }
        json.endArray()
        json.endObject()
        return json.bytes
    }

    /// Strict in what it knows; further fields are a newer Deliverer's, and let through.
    static func decode(_ body: [UInt8]) throws(JSONError) -> DelivererStatusReport {
        var fields = try JSONFields(JSON.parse(body, limits: limits))
        var report = DelivererStatusReport(owner: try fields.string("owner"))
        report.isIdle = try fields.bool("idle")
        report.isOpen = try fields.bool("delivering")
        report.why = try fields.string("why", maxBytes: 1024)
        report.open = try fields.count("open")
        report.partitions = try fields.count("partitions")
        report.totalLimit = try fields.number("total_limit")
        report.totalShare = try fields.number("total_share")
        for (index, json) in try fields.array("games", max: CatalogLimits.games).enumerated() {
            var game = try JSONFields(json, path: "games[\(index)]")
            report.games.append(try GameStatus(&game))
        }
        return report
    }
}

extension GameStatus {
    fileprivate func write(_ json: inout JSONWriter) {
        json.beginObject()
        json.key("game")
        json.string(game)
        json.number("limit", limit)
        json.number("burst", burst)
        json.number("share", share)
        json.number("used", used)
        json.number("backlog", backlog)
        json.optional("backlog_s", backlogSeconds)
        json.optional("drain_s", drainSeconds)
        json.optional("oldest_ms", oldestAgeMs.map { Int($0) })
        json.optional("unread", unread)
        json.optional("shelved", shelved)
        json.number("ready", ready)
        json.number("in_flight", inFlight)
        json.number("retrying", retrying)
        json.number("writing", writing)
        json.number("ghosts", ghosts)
        json.key("breaker")
        json.string(breaker.rawValue)
        json.number("concurrency", concurrency)
        json.number("max_concurrency", maxConcurrency)
        json.optional("hold_ms", holdMs.map { Int($0) })
        json.key("paused")
        json.bool(isPaused)
        if let gate {
            json.key("gate")
            json.act(gate)
        }
        counts.write(&json)
        json.number("p50_ms", p50Ms)
        json.number("p99_ms", p99Ms)
        json.key("errors")
        json.beginArray()
        for error in errors { error.write(&json) }
        json.endArray()
        json.endObject()
    }

    fileprivate init(_ fields: inout JSONFields) throws(JSONError) {
        self.init(game: try fields.string("game"))
        limit = try fields.number("limit")
        burst = try fields.count("burst")
        share = try fields.number("share")
        used = try fields.number("used")
        oldestAgeMs = try fields.optionalCount("oldest_ms").map { Int64($0) }
        unread = try fields.optionalCount("unread")
        shelved = try fields.optionalCount("shelved")
        ready = try fields.count("ready")
        inFlight = try fields.count("in_flight")
        retrying = try fields.count("retrying")
        writing = try fields.count("writing")
        ghosts = try fields.count("ghosts")
        let breaker = try fields.string("breaker")
        guard let known = Breaker(rawValue: breaker) else {
            throw fields.fault("breaker", "is none of closed, half_open, open")
        }
        self.breaker = known
        concurrency = try fields.count("concurrency")
        maxConcurrency = try fields.count("max_concurrency")
        holdMs = try fields.optionalCount("hold_ms").map { Int64($0) }
        isPaused = try fields.bool("paused")
        gate = try fields.act("gate")
        counts = try Counts(&fields)
        p50Ms = try fields.number("p50_ms")
        p99Ms = try fields.number("p99_ms")
        for (index, json) in try fields.array("errors", max: DeliveryErrors.most).enumerated() {
            var error = try JSONFields(json, path: "errors[\(index)]")
            errors.append(try DeliveryError(&error))
        }
    }
}

extension GameStatus.Counts {
    fileprivate func write(_ json: inout JSONWriter) {
        json.number("attempts", attempts)
        json.number("retries", repeats)
        json.number("delivered", delivered)
        json.number("rejected", rejected)
        json.number("expired", expired)
        json.number("voided", voided)
        json.number("parked", parked)
        json.number("unknown", unknown)
        json.number("asked", asked)
    }

    fileprivate init(_ fields: inout JSONFields) throws(JSONError) {
        self.init(
            attempts: try fields.count("attempts"), repeats: try fields.count("retries"),
            delivered: try fields.count("delivered"), rejected: try fields.count("rejected"),
            expired: try fields.count("expired"), voided: try fields.count("voided"),
            parked: try fields.count("parked"), unknown: try fields.count("unknown"),
            asked: try fields.count("asked"))
    }
}

extension DeliveryError {
    fileprivate func write(_ json: inout JSONWriter) {
        json.beginObject()
        json.key("at")
        json.integer(atMs)
        json.key("order")
        json.string(order.text)
        json.number("attempt", Int(attempt))
        json.number("status", status)
        json.key("reason")
        json.string(reason)
        json.key("answer")
        json.string(answer)
        json.endObject()
    }

    fileprivate init(_ fields: inout JSONFields) throws(JSONError) {
        let text = try fields.string("order", maxBytes: 13)
        guard let id = OrderID(text: text) else { throw fields.fault("order", "is not an order ID") }
        self.init(
            atMs: try fields.integer("at", in: 0...(1 << 47)), order: id,
            attempt: UInt16(try fields.integer("attempt", in: 0...Int64(UInt16.max))),
            status: try fields.count("status"),
            reason: try fields.string("reason", maxBytes: DeliveryErrors.maxReasonBytes),
            answer: try fields.string("answer", maxBytes: DeliveryErrors.maxAnswerBytes))
    }
}

extension JSONWriter {
    mutating func number(_ key: StaticString, _ value: Int) {
        self.key(key)
        integer(Int64(value))
    }

    mutating func number(_ key: StaticString, _ value: Double) {
        self.key(key)
        double(value)
    }

    /// Left out where it is not known.
    mutating func optional(_ key: StaticString, _ value: Int?) {
        if let value { number(key, value) }
    }

    mutating func optional(_ key: StaticString, _ value: Double?) {
        if let value { number(key, value) }
    }
}

extension JSONFields {
    mutating func count(_ key: String) throws(JSONError) -> Int {
        Int(try integer(key, in: 0...(1 << 53)))
    }

    mutating func optionalCount(_ key: String) throws(JSONError) -> Int? {
        try optionalInteger(key, in: 0...(1 << 53)).map { Int($0) }
    }

    mutating func number(_ key: String) throws(JSONError) -> Double {
        try double(key, in: 0...1e15)
    }
}
