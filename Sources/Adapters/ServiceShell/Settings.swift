import Glibc
import Synchronization

/// A process' settings: a YAML file, each key open to override by the environment.
///
/// `redis.url` is overridden by `HONGBAO_REDIS_URL`; an empty variable counts as unset. Every getter checks
/// type and range and remembers the key, so that `finish` can refuse keys that nobody read: a misspelt key
/// never passes silently.
package struct Settings: Sendable {
    final class Store: Sendable {
        let values: [String: SettingsFile.Value]
        let environment: [String: String]
        let file: String
        let known = Mutex<Set<String>>([])

        init(values: [String: SettingsFile.Value], environment: [String: String], file: String) {
            self.values = values
            self.environment = environment
            self.file = file
        }
    }

    struct Found {
        var text: String
        var origin: String
        var isFromEnvironment: Bool
    }

    let store: Store
    /// `games[2].` within a list of sections, else empty.
    let prefix: String

    /// - Parameters:
    ///   - file: the file's name; relative paths in it are taken from its folder.
    ///   - environment: the variables that may override.
    package init(
        yaml: String, file: String = "settings.yaml", environment: [String: String] = [:]
    ) throws(SettingsFault) {
        let parsed = try SettingsFile(yaml: yaml, origin: file)
        store = Store(values: parsed.values, environment: environment, file: file)
        prefix = ""
    }

    private init(store: Store, prefix: String) {
        self.store = store
        self.prefix = prefix
    }

    /// Reads the file and the process' environment.
    package static func load(path: String) throws(SettingsFault) -> Settings {
        guard let bytes = SmallFile.read(path, maxBytes: SettingsFile.maxBytes) else {
            throw SettingsFault(
                key: "", value: nil, allowed: "cannot be read: \(String(cString: strerror(errno)))",
                origin: path)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw SettingsFault(key: "", value: nil, allowed: "must be UTF-8", origin: path)
        }
        return try Settings(yaml: text, file: path, environment: ProcessEnvironment.all())
    }

    /// The variable that overrides a key.
    package static func variable(for key: String) -> String {
        "HONGBAO_" + String(key.uppercased().map { $0.isLetter || $0.isNumber ? $0 : "_" })
    }

    /// The members of a list of mappings, each with getters of its own; empty when it is not there.
    package func sections(_ key: String) throws(SettingsFault) -> [Settings] {
        let full = note(key)
        switch store.values[full] {
        case nil: return []
        case .list(let items) where items.isEmpty: return []
        case .sections(let count):
            return (0..<count).map { Settings(store: store, prefix: "\(full)[\($0)].") }
        default: throw fault(key, nil, "a list of mappings", store.file)
        }
    }

    /// Refuses what the file holds and nobody asked for. Called when all settings have been read.
    package func finish() throws(SettingsFault) {
        let known = store.known.withLock { $0 }
        for key in store.values.keys.sorted() where !known.contains(key) {
            let section = key.lastIndex(of: ".").map { key[...$0] } ?? ""
            let near = known.filter { $0.hasPrefix(section) && !$0.dropFirst(section.count).contains(".") }
            throw SettingsFault(
                key: key, value: nil,
                allowed: "unknown key; there are: \(near.sorted().joined(separator: ", "))",
                origin: store.file)
        }
    }

    // MARK: For the getters

    @discardableResult
    func note(_ key: String) -> String {
        let full = prefix + key
        _ = store.known.withLock { $0.insert(full) }
        return full
    }

    /// The text of a single value; nil when it is set nowhere.
    func find(_ key: String) throws(SettingsFault) -> Found? {
        let full = note(key)
        if prefix.isEmpty {
            let variable = Self.variable(for: full)
            if let text = store.environment[variable], !text.isEmpty {
                return Found(text: text, origin: variable, isFromEnvironment: true)
            }
        }
        switch store.values[full] {
        case .scalar(let text):
            return Found(text: text, origin: store.file, isFromEnvironment: false)
        case .list, .sections:
            throw fault(key, nil, "must be one value, not a list", store.file)
        case nil:
            if store.values.keys.contains(where: { $0.hasPrefix(full + ".") }) {
                throw fault(key, nil, "must be one value, not a section", store.file)
            }
            return nil
        }
    }

    func fault(_ key: String, _ value: String?, _ allowed: String, _ origin: String) -> SettingsFault {
        SettingsFault(key: prefix + key, value: value, allowed: allowed, origin: origin)
    }

    func missing(_ key: String) -> SettingsFault {
        let variable = prefix.isEmpty ? ", or set \(Self.variable(for: key))" : ""
        return fault(key, nil, "required and not set\(variable)", store.file)
    }
}
