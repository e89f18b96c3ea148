import Glibc

/// Getters of what stands in other files.
extension Settings {
    /// A path. From the settings file a relative one is taken from that file's folder; from the environment
    /// it is left as it is.
    package func path(_ key: String, default fallback: String? = nil) throws(SettingsFault) -> String {
        guard let path = try optionalPath(key) ?? fallback.map({ beside($0) }) else { throw missing(key) }
        return path
    }

    package func optionalPath(_ key: String) throws(SettingsFault) -> String? {
        guard let found = try find(key) else { return nil }
        return found.isFromEnvironment ? found.text : beside(found.text)
    }

    /// The content of a secret file whose path is the setting, without its last line break. Secrets stand in
    /// files so that they show in no process list and no log; a fault names the file, never its content.
    package func secret(_ key: String) throws(SettingsFault) -> [UInt8] {
        let path = try path(key)
        guard var bytes = SmallFile.read(path, maxBytes: 64 * 1024) else {
            let reason = String(cString: strerror(errno))
            throw fault(
                key, path, "must be the path of a readable file of at most 64 KiB: \(reason)", store.file)
        }
        while bytes.last == UInt8(ascii: "\n") || bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        guard !bytes.isEmpty else { throw fault(key, path, "the secret file is empty", store.file) }
        return bytes
    }

    /// The lines of a secret file, without empty ones and those that begin with `#`.
    package func secretLines(_ key: String) throws(SettingsFault) -> [String] {
        let bytes = try secret(key)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw fault(key, nil, "the secret file must be UTF-8", store.file)
        }
        return text.split(whereSeparator: \.isNewline).map(String.init).filter { !$0.hasPrefix("#") }
    }

    /// A path within the text of a setting, taken from where ``path(_:default:)`` takes one.
    package func resolved(_ path: String, in key: String) -> String {
        let variable = Self.variable(for: prefix + key)
        return store.environment[variable, default: ""].isEmpty ? beside(path) : path
    }

    private func beside(_ path: String) -> String {
        guard !path.hasPrefix("/"), let slash = store.file.lastIndex(of: "/") else { return path }
        return String(store.file[...slash]) + path
    }
}
