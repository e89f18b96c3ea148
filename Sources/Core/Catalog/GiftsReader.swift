import Wire

/// Reads gifts.json against the games that games.json names.
struct GiftsReader {
    /// Those that were read without a fault.
    private(set) var gifts: [Gift] = []
    /// Every id that could be read; nil = no list at all. The model is checked against it.
    private(set) var ids: Set<String>?
    private let faults: FaultList
    private let games: [String: UInt8?]?
    private let dimensions: Int?

    /// `games` nil or `dimensions` nil: their file was unreadable there, and nothing is checked against it.
    init(_ json: JSON, games: [String: UInt8?]?, dimensions: Int?, faults: FaultList) {
        self.faults = faults
        self.games = games
        self.dimensions = dimensions
        guard var root = JSONSection(json, path: "", faults: faults) else { return }
        _ = root.optionalValue("$schema")
        let entries = root.sections("gifts", count: 1...CatalogLimits.gifts)
        root.finish()
        guard let entries else { return }
        var ledger = SlotLedger(list: "gifts", faults: faults)
        var ids: Set<String> = []
        for var entry in entries {
            let id = entry.identifier("id")
            let slot = entry.int("slot", in: 0...(CatalogLimits.gifts - 1))
            ledger.enter(id: id, slot: slot, at: entry.path)
            if let id { ids.insert(id) }
            let gift = gift(&entry, id: id, slot: slot)
            entry.finish()
            if let gift { gifts.append(gift) }
        }
        ledger.finish()
        self.ids = ids
        gifts.sort { $0.slot < $1.slot }
    }

    private func gift(_ entry: inout JSONSection, id: String?, slot: Int?) -> Gift? {
        let game = game(&entry)
        let title = entry.localized("title")
        let image = image(&entry)
        let audience = entry.choice("audience", of: Audience.self)
        let stock = entry.int("stock", in: 0...CatalogLimits.stock)
        let items = items(&entry)
        let highValue = entry.bool("highValue")
        let value = entry.optionalInt("value", in: 0...CatalogLimits.value)
        let amount = AmountRuleReader.read(&entry, stock: stock)
        let features = features(&entry)
        let popularity = entry.number("popularity", in: 0...1)
        let freshAt = entry.time("freshAt")
        let isPaused = entry.optionalBool("paused", or: false)
        guard let id, let slot, let game, let title, let image, let audience, let stock, let items,
            let highValue, let value, let amount, let features, let popularity, let freshAt, let isPaused
        else { return nil }
        return Gift(
            id: id, slot: UInt16(slot), game: game, title: title, image: image, audience: audience,
            stock: stock, items: items, highValue: highValue, features: features,
            popularity: Float(popularity), freshAtMs: freshAt, isPaused: isPaused,
            value: value.value ?? 0, amount: amount.rule)
    }

    private func game(_ entry: inout JSONSection) -> UInt8? {
        guard let id = entry.identifier("game"), let games else { return nil }
        guard let slot = games[id] else {
            faults.add("\(entry.path).game", "no game \"\(id)\" in games.json")
            return nil
        }
        return slot
    }

    private func image(_ entry: inout JSONSection) -> String? {
        guard let path = entry.text("image", maxLength: CatalogLimits.imageLength) else { return nil }
        guard Self.isImagePath(path) else {
            entry.faults.add(
                entry.place("image"),
                "must be a relative path below StaticData/web of letters, digits, . _ - and /, without ..")
            return nil
        }
        return path
    }

    private func items(_ entry: inout JSONSection) -> [Item]? {
        guard let entries = entry.sections("items", count: 1...CatalogLimits.itemsAGift) else { return nil }
        var items: [Item] = []
        for var section in entries {
            let id = section.identifier("id")
            let count = section.int("count", in: 1...CatalogLimits.itemCount)
            section.finish()
            guard let id, let count else { continue }
            if items.contains(where: { $0.id == id }) {
                faults.add("\(section.path).id", "duplicate item \"\(id)\"; add its counts up")
            }
            items.append(Item(id: id, count: count))
        }
        return items
    }

    private func features(_ entry: inout JSONSection) -> [Float]? {
        guard let elements = entry.array("features", count: 0...CatalogLimits.dimensions) else { return nil }
        let place = entry.place("features")
        if let dimensions, !elements.isEmpty, elements.count != dimensions {
            faults.add(
                place,
                "must have the campaign's ranking.dimensions (\(dimensions)) numbers or none, "
                    + "not \(elements.count)")
        }
        return elements.enumerated().compactMap { index, json in
            JSONSection.number(json, in: -1...1, at: "\(place)[\(index)]", faults).map { Float($0) }
        }
    }

    /// Each part between slashes begins with a letter or digit, which leaves out "", ".", ".." and dot files.
    static func isImagePath(_ path: String) -> Bool {
        path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            guard let first = part.utf8.first, isAlphanumeric(first) else { return false }
            return part.utf8.allSatisfy { isAlphanumeric($0) || "._-".utf8.contains($0) }
        }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x61...0x7a).contains(byte) || (0x41...0x5a).contains(byte) || (0x30...0x39).contains(byte)
    }
}
