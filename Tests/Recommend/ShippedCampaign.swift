import CampaignFiles
import Catalog
import Foundation

/// The campaign that is shipped, as the tests' data.
enum ShippedCampaign {
    /// StaticData of this repository.
    static let staticData = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "StaticData").path(percentEncoded: false)

    /// In the middle of it, in Unix milliseconds.
    static let nowMs: Int64 = 1_780_000_000_000

    static func catalog() throws -> Catalog {
        try CampaignDirectory.load(
            "\(staticData)/campaigns/spring-festival", environment: [:], allowUnset: true)
    }
}

/// A directory of its own, gone when the test ends.
final class TemporaryDirectory {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory
            .appending(path: "hongbao-recommend-\(UUID().uuidString)").path(percentEncoded: false)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func write(_ text: String, to name: String) throws {
        let file = "\(path)/\(name)"
        let folder = (file as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try text.write(toFile: file, atomically: false, encoding: .utf8)
    }
}
