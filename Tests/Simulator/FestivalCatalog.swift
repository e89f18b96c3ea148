import CampaignFiles
import Catalog

/// The demo's own campaign, with ports that nobody listens on.
enum FestivalCatalog {
    static let directory = "StaticData/campaigns/spring-festival"

    static func load(gamesPort: Int = 1) throws -> Catalog {
        // swift test runs in the package's directory; an IDE may not.
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        return try CampaignDirectory.load(
            "/\(root)/\(directory)",
            environment: ["HONGBAO_GAMES_PORT": "\(gamesPort)", "HONGBAO_ROLES_PORT": "\(gamesPort)"])
    }
}
