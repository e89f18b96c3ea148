import Catalog

/// The Kafka topics of a campaign: `<campaign>.orders.<game>` and so on.
package struct Topics: Sendable {
    package struct Spec: Sendable, Equatable {
        package let name: String
        package let partitions: Int
    }

    package let campaign: String

    package init(campaign: String) {
        self.campaign = campaign
    }

    /// Accepted orders of one game, keyed by the order ID's text.
    package func orders(game: String) -> String { "\(campaign).orders.\(game)" }
    /// Orders that wait long before their next attempt; the partition is the delay tier.
    package func retries(game: String) -> String { "\(campaign).retries.\(game)" }
    /// What became of every attempt.
    package var outcomes: String { "\(campaign).outcomes" }
    /// Orders that wait for approval.
    package var held: String { "\(campaign).held" }
    /// Operator acts, lanes given out, resend plans applied.
    package var control: String { "\(campaign).control" }
    /// Orders that ended other than delivered, and records that nobody can read.
    package var dead: String { "\(campaign).dead" }

    /// Every topic with its frozen partition count. `control` has one partition: its order is the truth.
    package func all(_ catalog: Catalog) -> [Spec] {
        let storage = catalog.campaign.storage
        var specs = [Spec]()
        for game in catalog.games {
            specs.append(Spec(name: orders(game: game.id), partitions: storage.ordersPartitions))
            specs.append(Spec(name: retries(game: game.id), partitions: storage.retryTiersMs.count))
        }
        specs.append(Spec(name: outcomes, partitions: storage.outcomesPartitions))
        specs.append(Spec(name: held, partitions: storage.outcomesPartitions))
        specs.append(Spec(name: dead, partitions: storage.outcomesPartitions))
        specs.append(Spec(name: control, partitions: 1))
        return specs
    }
}
