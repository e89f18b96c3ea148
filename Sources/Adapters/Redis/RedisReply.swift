/// One reply of the RESP2 protocol (https://redis.io/docs/latest/develop/reference/protocol-spec/).
///
/// A top-level `.error` never reaches the caller of `RedisConnection`: it arrives as a `RedisFailure`
/// of kind `.refused`. Inside arrays (EXEC, scripts) errors stay where they are.
package enum RedisReply: Sendable, Equatable {
    case null
    case simple(String)
    case error(String)
    case integer(Int64)
    case bulk([UInt8])
    case array([RedisReply])

    package var isNull: Bool { self == .null }

    /// The number of an integer reply, or of a bulk reply that holds a decimal number.
    package var integer: Int64? {
        switch self {
        case .integer(let value): value
        case .bulk(let bytes): Int64(String(decoding: bytes, as: UTF8.self))
        default: nil
        }
    }

    /// The bytes of a bulk reply, or those of a simple string.
    package var bytes: [UInt8]? {
        switch self {
        case .bulk(let bytes): bytes
        case .simple(let text): Array(text.utf8)
        default: nil
        }
    }

    /// The text of a bulk or simple reply; invalid UTF-8 is repaired, so compare keys as bytes.
    package var string: String? {
        switch self {
        case .bulk(let bytes): String(decoding: bytes, as: UTF8.self)
        case .simple(let text): text
        default: nil
        }
    }

    /// The elements of an array reply; errors among them stay as they are.
    package var array: [RedisReply]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    package var isOK: Bool { self == .simple("OK") }
}
