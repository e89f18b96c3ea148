/// One JSON value. A whole number that fits into 64 signed bits is `integer`; every other is `double`.
package enum JSON: Sendable, Equatable {
    case null
    case bool(Bool)
    case integer(Int64)
    case double(Double)
    case string(String)
    case array([JSON])
    case object(JSONObject)

    /// The kind in words, for messages: never the value, which may be secret or hostile.
    package var kind: String {
        switch self {
        case .null: return "null"
        case .bool: return "a boolean"
        case .integer: return "an integer"
        case .double: return "a number"
        case .string: return "a string"
        case .array: return "an array"
        case .object: return "an object"
        }
    }
}

/// The members of a JSON object in their order, each key once.
package struct JSONObject: Sendable, Equatable {
    package struct Member: Sendable, Equatable {
        package let key: String
        package let value: JSON
    }

    /// Objects up to this size are searched in order: comparing a few short keys beats hashing one.
    private static let searchedInOrder = 16
    /// Room made with the first member: most objects of ours fit, and grow no more.
    private static let expectedMembers = 8

    package private(set) var members: [Member] = []
    private var positions: [String: Int] = [:]

    package init() {}

    package var keys: [String] { members.map(\.key) }

    package subscript(key: String) -> JSON? {
        position(of: key).map { members[$0].value }
    }

    /// Where a key stands among the members.
    package func position(of key: String) -> Int? {
        if members.count > JSONObject.searchedInOrder { return positions[key] }
        return members.firstIndex { $0.key == key }
    }

    /// Adds a member; false, and nothing added, where the key is there already.
    package mutating func add(_ key: String, _ value: JSON) -> Bool {
        guard position(of: key) == nil else { return false }
        if members.isEmpty { members.reserveCapacity(JSONObject.expectedMembers) }
        members.append(Member(key: key, value: value))
        if members.count > JSONObject.searchedInOrder {
            if positions.isEmpty {
                for (index, member) in members.enumerated() { positions[member.key] = index }
            } else {
                positions[key] = members.count - 1
            }
        }
        return true
    }

    /// Equal members, in whatever order.
    package static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.members.count == right.members.count && left.members.allSatisfy { right[$0.key] == $0.value }
    }
}
