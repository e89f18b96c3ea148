import ArgumentParser
import CampaignFiles
import Wire

/// The forms in which a statement is written.
enum ClosingFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
    case json, csv, html

    func encode(_ statement: ClosingStatement) -> [UInt8] {
        switch self {
        case .json: statement.json()
        case .csv: ClosingCSV(statement: statement).encode()
        case .html: ClosingPage(statement).encode()
        }
    }
}

/// `reconciler statement`: the closing statement of a campaign.
struct ClosingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "statement",
        abstract: "The closing statement: orders, amounts, stock and coupons by game and gift.",
        discussion: """
            Reads the same cut as `run`, the stock and the control topic. What was claimed is what was \
            delivered, rejected, expired, voided, and what is held, parked, on its way or missing; packs and \
            units given out and left are all there were; no coupon stands for two orders. Where any of these \
            does not add up nothing is written and the command says what does not.

            Coupons that stand in an order are counted: spent, or released where all its orders were voided. \
            How many were issued only their issuer knows: say it with --issued, and those unspent are told.

            Exit codes: 0; 69 Redis or Kafka cannot be reached, or Redis is not open; 70 the totals do not \
            add up; 73 the statement cannot be written; 78 a setting will not do.
            """)

    @Option(help: ArgumentHelp("The settings file (YAML).", valueName: "file"))
    var config: String
    @Option(help: "json, csv, or html: one page that prints on A4.")
    var format = ClosingFormat.json
    @Option(help: ArgumentHelp("Where to write it; default: standard output.", valueName: "file"))
    var out: String?
    @Option(help: ArgumentHelp("Coupons that the red packets have issued.", valueName: "number"))
    var issued: Int?

    func validate() throws {
        guard issued.map({ $0 >= 0 }) ?? true else { throw ValidationError("--issued is not below 0.") }
    }

    func run() async throws {
        try await ReconcilerFault.exiting {
            let statement = try await CampaignStores.with(config) { stores in
                try await ClosingStatement.make(stores, issuedCoupons: issued).checked()
            }
            let bytes = format.encode(statement)
            guard let out else { return Console.put(bytes) }
            do throws(FileFault) {
                try OutputFile.write(out, CollectionOfOne(bytes))
            } catch {
                throw ReconcilerFault(ReconcilerFault.cannotWrite, error.description)
            }
            let total = statement.total
            Console.say(
                "\(out): \(total.claimed.orders) claimed, \(total[.delivered].orders) delivered, "
                    + "\(total.open) open, checksum \(statement.checksum)")
        }
    }
}
