import Yams

/// What a settings file holds, flat: `redis: {url: x}` is `redis.url`.
struct SettingsFile {
    enum Value: Equatable {
        case scalar(String)
        case list([String])
        /// A list of mappings; their members stand under `key[0].`, `key[1].`, ….
        case sections(Int)
    }

    /// Largest file read, bytes.
    static let maxBytes = 1 << 20

    private(set) var values: [String: Value] = [:]
    private let origin: String

    /// - Parameter origin: the file's name, for faults.
    init(yaml: String, origin: String) throws(SettingsFault) {
        self.origin = origin
        let root: Node?
        do {
            root = try Yams.compose(yaml: yaml)
        } catch {
            throw SettingsFault(
                key: "", value: nil, allowed: "not readable as YAML: \(error)", origin: origin)
        }
        guard let root, !Self.isNull(root) else { return }
        guard case .mapping(let mapping) = root else {
            throw SettingsFault(key: "", value: nil, allowed: "must be a mapping of sections", origin: origin)
        }
        try add(mapping, under: "")
    }

    private mutating func add(_ mapping: Node.Mapping, under prefix: String) throws(SettingsFault) {
        for (name, node) in mapping {
            guard let name = name.string, !name.isEmpty, !name.contains(where: { ".[]".contains($0) }) else {
                throw SettingsFault(
                    key: prefix, value: name.string, allowed: "a key is a name without dots and brackets",
                    origin: origin)
            }
            try add(node, at: prefix + name)
        }
    }

    private mutating func add(_ node: Node, at key: String) throws(SettingsFault) {
        switch node {
        case .scalar(let scalar):
            // A key without a value is one left unset.
            if !Self.isNull(node) { values[key] = .scalar(scalar.string) }
        case .mapping(let mapping):
            try add(mapping, under: key + ".")
        case .sequence(let sequence):
            try add(sequence, at: key)
        case .alias:
            throw SettingsFault(key: key, value: nil, allowed: "aliases are not supported", origin: origin)
        }
    }

    private mutating func add(_ sequence: Node.Sequence, at key: String) throws(SettingsFault) {
        if sequence.allSatisfy({ if case .scalar = $0 { true } else { false } }) {
            values[key] = .list(sequence.compactMap { $0.scalar?.string })
            return
        }
        for (index, node) in sequence.enumerated() {
            guard case .mapping(let mapping) = node else {
                throw SettingsFault(
                    key: "\(key)[\(index)]", value: nil,
                    allowed: "a list holds either plain values or mappings, not both", origin: origin)
            }
            try add(mapping, under: "\(key)[\(index)].")
        }
        values[key] = .sections(sequence.count)
    }

    private static func isNull(_ node: Node) -> Bool {
        guard case .scalar(let scalar) = node, scalar.style == .plain || scalar.style == .any else {
            return false
        }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }
}
