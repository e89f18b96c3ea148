import Wire

/// Reads model.json against the gifts that gifts.json names and the campaign's dimensions:
/// ```
/// {"version": 1, "dimensions": 32,
///  "gifts": {"<gift id>": {"features": [..], "popularity": 0.42, "segments": [0.5, 0.4, 0.3]}}}
/// ```
struct ModelReader {
    /// The form that is read and written.
    static let version: Int64 = 1

    /// Those that were read without a fault, by id.
    private(set) var gifts: [String: GiftModel] = [:]
    private let faults: FaultList
    private let dimensions: Int?

    /// `gifts` nil or `dimensions` nil: their file was unreadable there, and nothing is checked against it.
    init(_ json: JSON, gifts: Set<String>?, dimensions: Int?, faults: FaultList) {
        self.faults = faults
        self.dimensions = dimensions
        guard var root = JSONSection(json, path: "", faults: faults) else { return }
        _ = root.optionalValue("$schema")
        _ = root.integer("version", in: Self.version...Self.version)
        if let own = root.int("dimensions", in: 1...CatalogLimits.dimensions), let dimensions,
            own != dimensions
        {
            faults.add("dimensions", "must be the campaign's ranking.dimensions, \(dimensions), not \(own)")
        }
        var entries = root.section("gifts")
        root.finish()
        let ids = entries?.keys ?? []
        if ids.isEmpty, entries != nil { faults.add("gifts", "must name one gift at least") }
        for id in ids.prefix(CatalogLimits.gifts) {
            guard var entry = entries?.section(id) else { continue }
            if let gifts, !gifts.contains(id) { faults.add(entry.path, "no gift \"\(id)\" in gifts.json") }
            if let gift = gift(&entry) { self.gifts[id] = gift }
            entry.finish()
        }
        if ids.count > CatalogLimits.gifts {
            faults.add("gifts", "must name \(CatalogLimits.gifts) gifts at most, not \(ids.count)")
        }
    }

    private func gift(_ entry: inout JSONSection) -> GiftModel? {
        let features = numbers("features", in: -1...1, count: 0...CatalogLimits.dimensions, &entry)
        if let features, let dimensions, !features.isEmpty, features.count != dimensions {
            faults.add(
                entry.place("features"),
                "must have the campaign's ranking.dimensions (\(dimensions)) numbers or none, "
                    + "not \(features.count)")
        }
        let popularity = entry.number("popularity", in: 0...1)
        let count = CatalogLimits.segments...CatalogLimits.segments
        let segments = numbers("segments", in: 0...1, count: count, &entry)
        guard let features, let popularity, let segments else { return nil }
        return GiftModel(
            features: features, popularity: Float(popularity), popularityBySegment: segments)
    }

    private func numbers(
        _ key: String, in range: ClosedRange<Double>, count: ClosedRange<Int>, _ entry: inout JSONSection
    ) -> [Float]? {
        guard let elements = entry.array(key, count: count) else { return nil }
        let place = entry.place(key)
        let numbers = elements.enumerated().compactMap { index, json in
            JSONSection.number(json, in: range, at: "\(place)[\(index)]", faults).map { Float($0) }
        }
        return numbers.count == elements.count ? numbers : nil
    }
}
