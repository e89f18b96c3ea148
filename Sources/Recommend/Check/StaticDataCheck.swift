import CampaignFiles
import Catalog
import Glibc

/// Validates the campaigns of a StaticData directory, and that the images they name are there.
struct StaticDataCheck {
    struct Report: Equatable {
        /// `file: path: reason`, one a fault.
        var faults: [String] = []
        /// One line a good campaign.
        var summaries: [String] = []
    }

    let directory: String
    let environment: [String: String]
    let allowUnset: Bool

    func report() -> Report {
        var report = Report()
        let root = directory.count > 1 && directory.hasSuffix("/") ? String(directory.dropLast()) : directory
        if Self.exists("\(root)/campaign.json") {
            check(root, web: "\(root)/../../web", &report)
            return report
        }
        let names: [String]
        do throws(FileFault) {
            names = try DirectoryNames.list("\(root)/campaigns")
        } catch {
            report.faults.append(CatalogFault(file: error.path, path: "", reason: error.reason).description)
            return report
        }
        for name in names { check("\(root)/campaigns/\(name)", web: "\(root)/web", &report) }
        if names.isEmpty {
            let fault = CatalogFault(file: "\(root)/campaigns", path: "", reason: "holds no campaign")
            report.faults.append(fault.description)
        }
        return report
    }

    private func check(_ path: String, web: String, _ report: inout Report) {
        let catalog: Catalog
        do throws(CampaignDirectory.Fault) {
            catalog = try CampaignDirectory.load(path, environment: environment, allowUnset: allowUnset)
        } catch {
            report.faults += Self.lines(error)
            return
        }
        let missing = catalog.gifts.filter { !Self.exists("\(web)/\($0.image)") }
        for gift in missing {
            let reason = "no file \"\(gift.image)\" in \(web)"
            let fault = CatalogFault(
                file: "\(path)/gifts.json", path: "gifts(\(gift.id)).image", reason: reason)
            report.faults.append(fault.description)
        }
        if missing.isEmpty { report.summaries.append(Self.summary(path, catalog)) }
    }

    private static func lines(_ fault: CampaignDirectory.Fault) -> [String] {
        switch fault {
        case .file(let fault):
            [CatalogFault(file: fault.path, path: "", reason: fault.reason).description]
        case .catalog(let faults): faults.faults.map(\.description)
        }
    }

    private static func summary(_ path: String, _ catalog: Catalog) -> String {
        let total = catalog.campaign.totalLimit.perSecond
        let rates = catalog.games.reduce(0) { $0 + $1.limit.perSecond }
        let stock = catalog.gifts.reduce(0) { $0 + $1.stock }
        let games = "\(catalog.games.count) games (\(plain(rates))/s together, \(plain(total))/s in all)"
        let gifts = "\(catalog.gifts.count) gift packs (stock \(stock))"
        let model = catalog.modelledGifts.map { ", a model of \($0) of them" } ?? ""
        return "\(path): good: \(games), \(gifts)\(model), content \(catalog.contentHash)"
    }

    /// A rate without a needless ".0".
    private static func plain(_ rate: Double) -> String {
        Int64(exactly: rate).map(String.init) ?? String(rate)
    }

    private static func exists(_ path: String) -> Bool {
        access(path, R_OK) == 0
    }
}
