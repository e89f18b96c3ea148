import CampaignFiles
import Catalog
import Foundation

/// A copy of the shipped campaign to be edited, and a web directory beside it.
///
/// Every edit gets a modification time of its own, so that none hides in the grain of the file system's
/// clock.
final class CampaignCopy {
    let root: TemporaryDirectory
    private var edits = 0

    var directory: String { "\(root.path)/spring-festival" }
    var web: String { "\(root.path)/web" }

    init() throws {
        root = try TemporaryDirectory()
        try FileManager.default.copyItem(
            atPath: "\(ShippedCampaign.staticData)/campaigns/spring-festival", toPath: directory)
        try root.write("hello", to: "web/index.html")
        try root.write("<svg/>", to: "web/gifts/a.svg")
    }

    /// What stands for the games' and roles' ports.
    static let environment = ["HONGBAO_GAMES_PORT": "8001", "HONGBAO_ROLES_PORT": "8002"]

    func catalog() throws -> Catalog {
        try CampaignDirectory.load(directory, environment: Self.environment)
    }

    /// One that has seen what is there, so that only what comes now is told.
    func look(web: Bool = false) throws -> CampaignLook {
        var look = CampaignLook(
            directory: directory, webRoot: web ? self.web : nil, serving: try catalog(),
            environment: Self.environment)
        for _ in 0..<2 { _ = look.look() }
        return look
    }

    func text(_ name: String) throws -> String {
        try String(contentsOfFile: "\(directory)/\(name)", encoding: .utf8)
    }

    /// In place, as an editor without care does it.
    func write(_ text: String, to name: String) throws {
        try root.write(text, to: "spring-festival/\(name)")
        try touch("spring-festival/\(name)")
    }

    func replace(_ old: String, _ new: String, in name: String) throws {
        let text = try text(name)
        precondition(text.contains(old), "\(name) does not hold \(old)")
        try write(text.replacingOccurrences(of: old, with: new), to: name)
    }

    func touch(_ name: String) throws {
        edits += 1
        let time = Date(timeIntervalSince1970: 1_780_000_000 + Double(edits))
        try FileManager.default.setAttributes(
            [.modificationDate: time], ofItemAtPath: "\(root.path)/\(name)")
    }

    func remove(_ name: String) throws {
        try FileManager.default.removeItem(atPath: "\(directory)/\(name)")
    }
}

extension CampaignEvent {
    var loaded: Catalog? {
        guard case .loaded(let catalog, _) = self else { return nil }
        return catalog
    }

    var notes: [String]? {
        guard case .loaded(_, let notes) = self else { return nil }
        return notes
    }

    var faults: [String]? {
        guard case .refused(let faults) = self else { return nil }
        return faults
    }

    var isWeb: Bool {
        guard case .webChanged = self else { return false }
        return true
    }
}
