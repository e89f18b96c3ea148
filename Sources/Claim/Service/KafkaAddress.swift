import CampaignFiles
import Kafka
import NIOCore
import ServiceShell
import Synchronization

/// Where Kafka is: a fixed address, or a file that a local broker rewrites when it comes back on another port.
final class KafkaAddress: Sendable {
    /// The file to follow; nil for a fixed address.
    let file: String?
    private let address: Mutex<String>

    /// Reads `kafka.bootstrap`, or else the file that `kafka.bootstrap_file` names.
    init(_ settings: Settings) throws(SettingsFault) {
        let fixed = try settings.optionalString("kafka.bootstrap")
        let path = try settings.optionalPath("kafka.bootstrap_file")
        if let fixed {
            file = nil
            address = Mutex(fixed)
            return
        }
        guard let path else {
            throw SettingsFault(
                key: "kafka.bootstrap", value: nil,
                allowed: "host:port[,host:port], or kafka.bootstrap_file with the path of a file that holds it",
                origin: "settings")
        }
        do throws(FileFault) {
            file = path
            address = Mutex(try Self.text(FileBytes.read(path)))
        } catch {
            throw SettingsFault(
                key: "kafka.bootstrap_file", value: path, allowed: error.reason, origin: "settings")
        }
    }

    var current: String { address.withLock { $0 } }

    /// Follows the file: hands each new address to the producer. nil for a fixed address.
    func watch(on loop: any EventLoop, _ producer: KafkaProducer) -> FileWatch? {
        file.map { path in
            FileWatch(path: path, loop: loop) { [self] bytes in
                let text = Self.text(bytes)
                guard !text.isEmpty else { return }
                address.withLock { $0 = text }
                producer.reconnect(bootstrap: text)
            }
        }
    }

    private static func text(_ bytes: [UInt8]) -> String {
        String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
    }
}
