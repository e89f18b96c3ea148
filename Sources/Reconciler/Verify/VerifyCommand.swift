import ArgumentParser
import CampaignFiles
import Catalog
import OrderStore

/// `reconciler verify`: do the two stores tell the same of every order, and does the stock add up?
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Compares claims, topics, states and stock: issued + left = stock, no coupon twice.",
        discussion: """
            Exact once nothing is on its way; while the campaign goes on it counts orders that are.

            Exit codes: 0 the stores agree; 2 they do not, or Redis is not open; 69 Redis or Kafka cannot be \
            reached; 73 the report cannot be written; 78 a setting will not do.
            """)

    @Option(help: ArgumentHelp("The settings file (YAML).", valueName: "file"))
    var config: String
    @Option(help: ArgumentHelp("Where to write the report (JSON).", valueName: "file"))
    var out: String?

    func run() async throws {
        try await ReconcilerFault.exiting {
            let report = try await CampaignStores.with(config) { try await VerifyReport.make($0) }
            Console.say(report.table())
            do throws(FileFault) {
                if let out { try OutputFile.write(out, CollectionOfOne(report.json())) }
            } catch {
                throw ReconcilerFault(ReconcilerFault.cannotWrite, error.description)
            }
            if !report.audit.isClean { throw ExitCode(ReconcilerFault.somethingMissing) }
        }
    }
}

extension VerifyReport {
    static func make(_ stores: CampaignStores) async throws -> VerifyReport {
        let store = stores.store
        let standing = try await store.awaiting { store, then in store.standing(then: then) }
        guard let epoch = standing.openEpoch else {
            throw ReconcilerFault(
                ReconcilerFault.somethingMissing, "redis is not open (\(standing)): see reconciler rebuild")
        }
        store.epoch = epoch
        let reading = try await RebuildReading.read(stores)
        var audit = StoreAudit(epoch: epoch)
        for place in reading.places { audit.add(try await reading.book(place)) }
        var accounts = [(packs: StockAccount, units: StockAccount?)]()
        for gift in stores.catalog.gifts { accounts.append(try await store.stockAccount(gift: gift)) }
        audit.end(reading.campaign, reading.history, accounts)
        return VerifyReport(campaign: stores.catalog.campaign.id, audit: audit)
    }
}
