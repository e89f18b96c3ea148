import CampaignFiles
import Catalog
import Credentials
import Redis
import ServiceShell

/// The settings that every service of a campaign has, read in one way.
package enum Wiring {
    /// `campaign`: the campaign's directory. Placeholders in endpoints come from the environment. A fault in
    /// the files is a fault of the setting: the process ends with 78 and says file, path and reason.
    package static func catalog(_ settings: Settings) throws -> Catalog {
        try Self.setting(
            "campaign", try settings.path("campaign"), allowed: "the directory of a valid campaign"
        ) {
            path throws(CampaignDirectory.Fault) in try CampaignDirectory.load(path)
        }
    }

    /// `redis.url`, as `redis://[user:password@]host:port[/database]`.
    package static func redisAddress(_ settings: Settings) throws -> RedisAddress {
        let url = try settings.string("redis.url")
        return try Self.setting("redis.url", url, allowed: "redis://[user:password@]host:port[/database]") {
            text throws(RedisAddressFault) in try RedisAddress(url: text)
        }
    }

    /// `admin.keys_file`, where set: who may use the admin port's actions, by name. Without it nobody may.
    package static func admitOperators(_ context: ServiceContext) throws {
        guard let path = try context.settings.optionalPath("admin.keys_file") else { return }
        let keyring = try Self.setting("admin.keys_file", path, allowed: "lines of name:<SHA-256 of the key>")
        {
            path throws(FileFault) in try KeyFiles.operators(path)
        }
        context.routes.access = .apiKey { keyring.name(forKey: Array($0.utf8)) }
    }

    /// Turns a value's fault into one of the setting that named it.
    package static func setting<Value, Fault: Error>(
        _ key: String, _ text: String, allowed: String, _ body: (String) throws(Fault) -> Value
    ) throws(SettingsFault) -> Value {
        do throws(Fault) {
            return try body(text)
        } catch {
            throw SettingsFault(key: key, value: text, allowed: "\(allowed) (\(error))", origin: "settings")
        }
    }
}
