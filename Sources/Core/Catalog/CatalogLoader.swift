import Wire

/// Turns a campaign's files into a catalog, or into the list of everything that is wrong in them.
///
/// Pure: bytes in, values out. The forms are those of StaticData/schema; what a schema cannot say (ids and
/// slots used twice, gifts of unknown games, limits above the total) is checked here only.
package enum CatalogLoader {
    /// The files of a campaign's directory, in the order of `load`'s arguments.
    package static let fileNames = ["campaign.json", "games.json", "gifts.json"]
    /// What `recommend train` learned; a campaign may do without.
    package static let modelFileName = "model.json"

    /// - Parameters:
    ///   - model: the bytes of model.json, where there is one; see `Catalog.with(model:)`.
    ///   - directory: where the files are; only named in faults, and its last part must be the campaign's id.
    ///   - substitutions: what stands for `${NAME}` in endpoints, usually the environment.
    ///   - allowUnset: take an unset placeholder for "1" instead of reporting it, to check files away from
    ///     their stack.
    /// - Throws: all faults of all files.
    package static func load(
        campaign: [UInt8], games: [UInt8], gifts: [UInt8], model: [UInt8]? = nil, directory: String,
        substitutions: [String: String] = [:], allowUnset: Bool = false
    ) throws(CatalogFaults) -> Catalog {
        let prefix = directory.isEmpty || directory.hasSuffix("/") ? directory : directory + "/"
        let lists = (fileNames + [modelFileName]).map { FaultList(file: prefix + $0) }
        let placeholders = Placeholders(values: substitutions, allowUnset: allowUnset)

        let campaignReader = parse(campaign, lists[0]).map {
            CampaignReader($0, directory: directory, faults: lists[0])
        }
        let gamesReader = parse(games, lists[1]).map {
            GamesReader(
                $0, totalLimit: campaignReader?.totalLimit, placeholders: placeholders, faults: lists[1])
        }
        let giftsReader = parse(gifts, lists[2]).map {
            GiftsReader(
                $0, games: gamesReader?.slots, dimensions: campaignReader?.dimensions, faults: lists[2])
        }

        let modelReader = model.flatMap { parse($0, lists[3]) }.map {
            ModelReader(
                $0, gifts: giftsReader?.ids, dimensions: campaignReader?.dimensions, faults: lists[3])
        }

        let faults = lists.flatMap(\.faults)
        guard faults.isEmpty, let parsed = campaignReader?.campaign, let gamesReader, let giftsReader else {
            precondition(!faults.isEmpty, "a part is missing and nobody said why")
            throw CatalogFaults(faults)
        }
        let catalog = Catalog(
            campaign: parsed, games: gamesReader.games, gifts: giftsReader.gifts,
            contentHash: ContentHash.hex([campaign, games, gifts] + (model.map { [$0] } ?? [])))
        return modelReader.map { catalog.with(model: $0.gifts) } ?? catalog
    }

    private static func parse(_ bytes: [UInt8], _ faults: FaultList) -> JSON? {
        do {
            return try JSON.parse(bytes, limits: .document)
        } catch {
            let position = error.offset < 0 ? "" : " (\(position(of: error.offset, in: bytes)))"
            faults.add(error.path, error.reason + position)
            return nil
        }
    }

    /// Where a person looks for a byte: its line and column, both from 1.
    private static func position(of offset: Int, in bytes: [UInt8]) -> String {
        let before = bytes.prefix(max(0, offset))
        let lines = before.count { $0 == UInt8(ascii: "\n") }
        let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        return "line \(lines + 1), column \(before.count - lineStart + 1)"
    }
}
