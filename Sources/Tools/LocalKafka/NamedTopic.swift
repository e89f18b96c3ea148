import ArgumentParser
import Kafka

/// A `--topic` argument: `NAME:PARTITIONS`, the name by Kafka's rules.
struct NamedTopic: ExpressibleByArgument {
    /// More would only be a slip of the finger on one machine.
    static let maxPartitions = 1024
    /// Kafka's own limit.
    static let maxNameBytes = 249

    let name: String
    let partitions: Int

    init?(argument: String) {
        guard let colon = argument.lastIndex(of: ":"),
            let partitions = Int(argument[argument.index(after: colon)...]),
            (1...Self.maxPartitions).contains(partitions)
        else { return nil }
        let name = String(argument[..<colon])
        let isLegal = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard isLegal, (1...Self.maxNameBytes).contains(name.utf8.count), name != ".", name != ".." else {
            return nil
        }
        self.name = name
        self.partitions = partitions
    }

    var spec: TopicSpec { TopicSpec(name: name, partitions: partitions, replication: 1) }
}
