import Kafka
import ServiceShell

/// Where Kafka is: `kafka.bootstrap` (a list of host:port), or `kafka.bootstrap_file`, a file that holds it
/// and changes when the broker moves; the process then ends with 75 and its supervisor starts it anew.
package struct KafkaSettings: Sendable {
    package var options: KafkaClientOptions
    /// The part that watches the file; nil for a fixed address.
    package var watch: ServicePart?

    package init(_ context: ServiceContext) throws {
        let settings = context.settings
        let fixed = try settings.optionalString("kafka.bootstrap")
        let file = try settings.optionalPath("kafka.bootstrap_file")
        let bootstrap: String
        switch (fixed, file) {
        case (let fixed?, _): bootstrap = fixed
        case (nil, _?):
            let text = String(decoding: try settings.secret("kafka.bootstrap_file"), as: UTF8.self)
            bootstrap = String(text.prefix { !$0.isNewline })
        case (nil, nil):
            throw SettingsFault(
                key: "kafka.bootstrap", value: nil,
                allowed: "host:port[,host:port…], or kafka.bootstrap_file a path",
                origin: "settings")
        }
        options = KafkaClientOptions(bootstrap: bootstrap, clientID: "hongbao-\(context.name)")
        options.messageTimeoutMs = try settings.int(
            "kafka.message_timeout_ms", in: 500...60_000, default: 4_000)
        if fixed == nil, let file { watch = context.restartWhenChanged(file) }
    }
}
