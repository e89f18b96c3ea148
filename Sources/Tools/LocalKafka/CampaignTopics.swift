import CampaignFiles
import Catalog
import Kafka
import Orders
import ServiceShell

/// The topics that a campaign's files ask for.
enum CampaignTopics {
    /// Endpoints, and so their placeholders, do not matter here.
    static func of(directory: String) throws(SettingsFault) -> [TopicSpec] {
        do throws(CampaignDirectory.Fault) {
            let catalog = try CampaignDirectory.load(directory, allowUnset: true)
            return Topics(campaign: catalog.campaign.id).all(catalog).map {
                TopicSpec(name: $0.name, partitions: $0.partitions, replication: 1)
            }
        } catch {
            throw SettingsFault(
                key: "--campaign", value: directory, allowed: "the directory of a valid campaign (\(error))",
                origin: "arguments")
        }
    }
}
