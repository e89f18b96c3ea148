/// A setting that cannot be used. The process prints it and exits 78 (`EX_CONFIG`): nothing is guessed.
package struct SettingsFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// `redis.url`, `games[2].id`; empty when it is about the whole file.
    package var key: String
    /// What was found, as written; nil when nothing was, or it is secret.
    package var value: String?
    /// What would do.
    package var allowed: String
    /// Where it was found: the file, or the environment variable's name.
    package var origin: String

    package init(key: String, value: String?, allowed: String, origin: String) {
        self.key = key
        self.value = value
        self.allowed = allowed
        self.origin = origin
    }

    package var description: String {
        var text = origin
        if !key.isEmpty { text += ": \(key)" }
        if let value { text += ": \"\(value)\" will not do" }
        return "\(text): \(allowed)"
    }
}
