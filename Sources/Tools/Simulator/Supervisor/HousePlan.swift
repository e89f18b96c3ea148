import CampaignFiles
import Catalog
import Glibc
import Stack

/// Where everything of one stack stands: ports, files, addresses. Written down before anything starts.
struct HousePlan: Sendable {
    /// Where the state lives: started by us on private ports, or given by the environment.
    enum Store: Sendable, Equatable {
        case ours
        case given(String)
    }

    struct Ports: Sendable, Equatable {
        var games: Int
        var gamesAdmin: Int
        var recommend: Int
        var recommendAdmin: Int
        var claim: Int
        var claimAdmin: Int
        var delivererAdmin: Int
        var reconcilerAdmin: Int

        /// All free a moment ago, all different.
        static func pick() throws(StackFailure) -> Ports {
            var picked: [Int] = []
            while picked.count < 8 {
                let port = try QuietPort.pick()
                if !picked.contains(port) { picked.append(port) }
            }
            return Ports(
                games: picked[0], gamesAdmin: picked[1], recommend: picked[2], recommendAdmin: picked[3],
                claim: picked[4], claimAdmin: picked[5], delivererAdmin: picked[6], reconcilerAdmin: picked[7]
            )
        }
    }

    /// The run directory, absolute.
    let directory: String
    /// The repository's StaticData, absolute.
    let staticData: String
    /// The campaign's directory, absolute: StaticData's own, or a copy under another id.
    let campaign: String
    let ports: Ports
    let secrets: HouseSecrets
    let redis: Store
    let kafka: Store
    /// Of the outside world and the crowd.
    let seed: UInt64

    var recommendURL: String { "http://127.0.0.1:\(ports.recommend)" }
    var claimURL: String { "http://127.0.0.1:\(ports.claim)" }

    /// What stands for the placeholders in the campaign's endpoints.
    var environment: [String: String] {
        ["HONGBAO_GAMES_PORT": "\(ports.games)", "HONGBAO_ROLES_PORT": "\(ports.games)"]
    }

    /// What the environment says of the stores.
    static func stores(_ environment: [String: String]) -> (redis: Store, kafka: Store) {
        func store(_ name: String) -> Store {
            environment[name].flatMap { $0.isEmpty ? nil : .given($0) } ?? .ours
        }
        return (store("HONGBAO_REDIS_URL"), store("HONGBAO_KAFKA_BOOTSTRAP"))
    }

    /// Copies a campaign under another id, so that runs which share a Redis or a Kafka do not share orders.
    ///
    /// - Returns: the copy's directory, which bears the id.
    static func copyCampaign(_ source: String, as id: String, into parent: String) throws -> String {
        let target = "\(parent)/\(id)"
        mkdir(target, 0o755)
        let old = String(source[source.index(after: source.lastIndex(of: "/")!)...])
        for name in CatalogLoader.fileNames {
            var text = String(decoding: try FileBytes.read("\(source)/\(name)"), as: UTF8.self)
            if name == "campaign.json" {
                text.replace("\"id\": \"\(old)\"", with: "\"id\": \"\(id)\"", maxReplacements: 1)
            }
            try NotesFile.write(text, to: "\(target)/\(name)")
        }
        let model = "\(source)/\(CatalogLoader.modelFileName)"
        guard access(model, F_OK) == 0 else { return target }
        let text = String(decoding: try FileBytes.read(model), as: UTF8.self)
        try NotesFile.write(text, to: "\(target)/\(CatalogLoader.modelFileName)")
        return target
    }
}
