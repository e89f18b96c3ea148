import Wire

/// Reads games.json against the campaign's total limit.
struct GamesReader {
    /// Those that were read without a fault.
    private(set) var games: [Game] = []
    /// Every id that could be read, with its slot where that could be read too; nil = no list at all. Gifts
    /// are checked against it, so that one faulty game does not make all its gifts faulty.
    private(set) var slots: [String: UInt8?]?
    private let faults: FaultList
    private let totalLimit: RateLimit?
    private let placeholders: Placeholders

    init(_ json: JSON, totalLimit: RateLimit?, placeholders: Placeholders, faults: FaultList) {
        self.faults = faults
        self.totalLimit = totalLimit
        self.placeholders = placeholders
        guard var root = JSONSection(json, path: "", faults: faults) else { return }
        _ = root.optionalValue("$schema")
        let entries = root.sections("games", count: 1...CatalogLimits.games)
        root.finish()
        guard let entries else { return }
        var ledger = SlotLedger(list: "games", faults: faults)
        var slots: [String: UInt8?] = [:]
        for var entry in entries {
            let id = entry.identifier("id")
            let slot = entry.int("slot", in: 0...(CatalogLimits.games - 1))
            ledger.enter(id: id, slot: slot, at: entry.path)
            if let id { slots.updateValue(slot.map { UInt8($0) }, forKey: id) }
            let game = game(&entry, id: id, slot: slot)
            entry.finish()
            if let game { games.append(game) }
        }
        ledger.finish()
        self.slots = slots
        games.sort { $0.slot < $1.slot }
    }

    private func game(_ entry: inout JSONSection, id: String?, slot: Int?) -> Game? {
        let name = entry.localized("name")
        let limit = entry.rateLimit("limit")
        if let limit, let totalLimit, limit.perSecond > totalLimit.perSecond {
            faults.add(
                "\(entry.path).limit.perSecond",
                "\(limit.perSecond) is above the campaign's totalLimit (\(totalLimit.perSecond))")
        }
        let concurrency = entry.int("maxConcurrency", in: 1...CatalogLimits.burst)
        if let limit, let concurrency, concurrency >= limit.burst {
            faults.add(
                "\(entry.path).maxConcurrency",
                "must be below limit.burst (\(limit.burst)): a stalled game may read all at once")
        }
        let request = entry.int("requestTimeoutMs", in: 1...CatalogLimits.timeoutMs)
        let connect = entry.int("connectTimeoutMs", in: 1...CatalogLimits.timeoutMs)
        if let request, let connect, connect > request {
            faults.add("\(entry.path).connectTimeoutMs", "must not be above requestTimeoutMs (\(request))")
        }
        let endpoint = endpoint(&entry)
        let query = optionalURL("queryEndpoint", parameter: "order", &entry)
        let roles = url("roleServiceEndpoint", parameter: "user", &entry)
        let idempotent = entry.bool("idempotent")
        let regions = regions(&entry)
        let isPaused = entry.optionalBool("paused", or: false)
        let dialect = dialect(&entry, endpoint, query)
        let tls = tls(&entry, [endpoint, query].compactMap(\.self))
        guard let id, let slot, let name, let limit, let concurrency, let request, let connect, let endpoint,
            let roles, let idempotent, let regions, let isPaused
        else { return nil }
        return Game(
            id: id, slot: UInt8(slot), name: name, limit: limit, maxConcurrency: concurrency,
            requestTimeoutMs: request, connectTimeoutMs: connect, endpoint: endpoint, queryEndpoint: query,
            roleServiceEndpoint: roles, idempotent: idempotent, regions: regions, isPaused: isPaused,
            dialect: dialect, tls: tls)
    }

    private func dialect(_ entry: inout JSONSection, _ endpoint: String?, _ query: String?) -> GameDialect? {
        guard entry.optionalValue("dialect") != nil, var section = entry.section("dialect") else {
            return nil
        }
        return DialectReader(endpoint: endpoint, queryEndpoint: query, faults: faults).read(&section)
    }

    private func tls(_ entry: inout JSONSection, _ urls: [String]) -> GameTLS? {
        guard entry.optionalValue("tls") != nil, var section = entry.section("tls") else { return nil }
        return TLSReader(faults: faults).read(&section, urls: urls)
    }

    private func endpoint(_ entry: inout JSONSection) -> String? {
        guard let text = entry.text("endpoint", maxLength: CatalogLimits.urlLength) else { return nil }
        do {
            return try EndpointURL.expand(template: text, placeholders: placeholders)
        } catch {
            faults.add(entry.place("endpoint"), error.reason)
            return nil
        }
    }

    private func regions(_ entry: inout JSONSection) -> [Region]? {
        let count = 1...CatalogLimits.regionsAGame
        guard let entries = entry.sections("regions", count: count) else { return nil }
        var ledger = SlotLedger(list: entry.place("regions"), faults: faults)
        var regions: [Region] = []
        for var region in entries {
            let id = region.identifier("id")
            let slot = region.int("slot", in: 0...(CatalogLimits.regionsAGame - 1))
            let name = region.localized("name")
            region.finish()
            ledger.enter(id: id, slot: slot, at: region.path)
            guard let id, let slot, let name else { continue }
            regions.append(Region(id: id, slot: UInt16(slot), name: name))
        }
        ledger.finish()
        return regions.sorted { $0.slot < $1.slot }
    }

    private func url(_ key: String, parameter: String, _ entry: inout JSONSection) -> String? {
        guard let text = entry.text(key, maxLength: CatalogLimits.urlLength) else { return nil }
        do {
            return try EndpointURL.expand(text, parameter: parameter, placeholders: placeholders)
        } catch {
            faults.add(entry.place(key), error.reason)
            return nil
        }
    }

    /// Missing and null both mean "none".
    private func optionalURL(_ key: String, parameter: String, _ entry: inout JSONSection) -> String? {
        switch entry.optionalValue(key) {
        case nil, .null?: nil
        default: url(key, parameter: parameter, &entry)
        }
    }
}
