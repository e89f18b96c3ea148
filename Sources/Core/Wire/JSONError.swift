/// Why a JSON text or value was refused, and where. Never quotes a value.
package struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Byte offset into the text; -1 where the fault is in the meaning of a value already parsed.
    package var offset: Int
    /// `gifts[3].stock`; empty at the root.
    package var path: String
    package var reason: String

    package init(offset: Int = -1, path: String, reason: String) {
        self.offset = offset
        self.path = path
        self.reason = reason
    }

    package var description: String {
        let place = path.isEmpty ? "" : "\(path): "
        return offset < 0 ? "\(place)\(reason)" : "\(place)\(reason) (at byte \(offset))"
    }

    /// The same error seen from the object or array around it.
    func inside(_ step: String) -> JSONError {
        var outer = self
        if path.isEmpty || path.first == "[" {
            outer.path = step + path
        } else {
            outer.path = step + "." + path
        }
        return outer
    }

    /// A key as a path shows it: at most 64 bytes, and nothing that could break a line of a log.
    static func step(_ key: String) -> String {
        let plain = key.utf8.prefix(64).map { byte in byte > 0x20 && byte < 0x7F ? byte : UInt8(ascii: "?") }
        return String(decoding: plain, as: UTF8.self)
    }

    /// `path` extended by a member's key.
    static func join(_ path: String, _ key: String) -> String {
        path.isEmpty ? step(key) : path + "." + step(key)
    }
}
