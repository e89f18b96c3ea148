import Wire

/// Where in a line the ID stands.
enum RowFormat: Equatable, Sendable {
    /// The line is the ID.
    case plain
    /// In a column of a CSV file (RFC 4180, without line breaks in fields), by its place from 0, and where
    /// the campaign stands.
    case csv(id: Int, campaign: Int?)
    /// In a member of a JSON object a line.
    case jsonl(id: String, campaign: String?)

    /// Lines longer than this are left out and counted.
    var maxLineBytes: Int { self == .plain ? 1024 : 64 << 10 }

    /// The fields that are wanted of a line.
    enum Row {
        case fields(id: UnsafeBufferPointer<UInt8>, campaign: UnsafeBufferPointer<UInt8>?)
        case noField
        case broken
    }

    func row(_ line: UnsafeBufferPointer<UInt8>) -> Row {
        switch self {
        case .plain: return .fields(id: line, campaign: nil)
        case .csv(let id, let campaign):
            var fields = CSVFields(line)
            var (found, named): (UnsafeBufferPointer<UInt8>?, UnsafeBufferPointer<UInt8>?) = (nil, nil)
            var place = 0
            while let field = fields.next() {
                if place == id { found = field }
                if place == campaign { named = field }
                place += 1
            }
            guard !fields.isBroken else { return .broken }
            guard let found, campaign == nil || named != nil else { return .noField }
            return .fields(id: found, campaign: named)
        case .jsonl(let id, let campaign):
            var members = JSONMembers(line)
            var (found, named): (UnsafeBufferPointer<UInt8>?, UnsafeBufferPointer<UInt8>?) = (nil, nil)
            while let (name, value) = members.next() {
                if Self.isCalled(name, id) { found = value }
                if let campaign, Self.isCalled(name, campaign) { named = value }
            }
            guard !members.isBroken else { return .broken }
            guard let found, campaign == nil || named != nil else { return .noField }
            return .fields(id: found, campaign: named)
        }
    }

    /// Writers that keep to ASCII escape what a member's name has beyond it.
    private static func isCalled(_ name: UnsafeBufferPointer<UInt8>, _ wanted: String) -> Bool {
        guard name.contains(UInt8(ascii: "\\")) else { return name.elementsEqual(wanted.utf8) }
        let quoted = Array("[\"".utf8) + name + Array("\"]".utf8)
        guard case .array(let names)? = try? JSON.parse(quoted, limits: .request) else { return false }
        return names.elementsEqual([.string(wanted)])
    }
}

/// The fields of a CSV line, one after another; quotes are taken off, doubled ones inside stay doubled.
struct CSVFields {
    private let line: UnsafeBufferPointer<UInt8>
    private var at: Int? = 0
    private(set) var isBroken = false

    init(_ line: UnsafeBufferPointer<UInt8>) {
        let isReturned = line.last == UInt8(ascii: "\r")
        self.line = isReturned ? UnsafeBufferPointer(rebasing: line.dropLast()) : line
    }

    mutating func next() -> UnsafeBufferPointer<UInt8>? {
        guard let start = at else { return nil }
        guard start < line.count, line[start] == UInt8(ascii: "\"") else {
            var end = start
            while end < line.count, line[end] != UInt8(ascii: ",") { end += 1 }
            at = end < line.count ? end + 1 : nil
            return UnsafeBufferPointer(rebasing: line[start..<end])
        }
        var end = start + 1
        while end < line.count {
            if line[end] == UInt8(ascii: "\"") {
                guard end + 1 < line.count, line[end + 1] == UInt8(ascii: "\"") else { break }
                end += 1
            }
            end += 1
        }
        // The closing quote stands before a comma or the end.
        guard end < line.count, end + 1 == line.count || line[end + 1] == UInt8(ascii: ",") else {
            isBroken = true
            at = nil
            return nil
        }
        at = end + 1 < line.count ? end + 2 : nil
        return UnsafeBufferPointer(rebasing: line[(start + 1)..<end])
    }
}

/// The members of the JSON object that a line is: names and values as they stand, strings without their
/// quotes, neither unescaped: an ID needs no escapes.
struct JSONMembers {
    private let line: UnsafeBufferPointer<UInt8>
    private var at = 0
    private var isFirst = true
    private(set) var isBroken = false

    init(_ line: UnsafeBufferPointer<UInt8>) {
        self.line = line
    }

    mutating func next() -> (name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>)? {
        if isFirst, !take("{") { return fail() }
        if take("}") { return end() }
        guard isFirst || take(",") else { return fail() }
        isFirst = false
        skipBlanks()
        guard let name = string(), take(":") else { return fail() }
        skipBlanks()
        guard let value = value() else { return fail() }
        return (name, value)
    }

    /// Nothing may follow the object.
    private mutating func end() -> (UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<UInt8>)? {
        skipBlanks()
        return at == line.count ? nil : fail()
    }

    private mutating func fail() -> (UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<UInt8>)? {
        isBroken = true
        return nil
    }

    private mutating func skipBlanks() {
        while at < line.count, line[at] == 0x20 || line[at] == 0x09 || line[at] == 0x0D { at += 1 }
    }

    private mutating func take(_ sign: Unicode.Scalar) -> Bool {
        skipBlanks()
        guard at < line.count, line[at] == UInt8(ascii: sign) else { return false }
        at += 1
        return true
    }

    private mutating func string() -> UnsafeBufferPointer<UInt8>? {
        guard at < line.count, line[at] == UInt8(ascii: "\"") else { return nil }
        let start = at + 1
        at = start
        while at < line.count, line[at] != UInt8(ascii: "\"") {
            at += line[at] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard at < line.count else { return nil }
        at += 1
        return UnsafeBufferPointer(rebasing: line[start..<(at - 1)])
    }

    private mutating func value() -> UnsafeBufferPointer<UInt8>? {
        guard at < line.count else { return nil }
        if line[at] == UInt8(ascii: "\"") { return string() }
        let start = at
        var depth = 0
        while at < line.count {
            switch line[at] {
            case UInt8(ascii: "\""):
                guard string() != nil else { return nil }
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { return ended(start) }
                depth -= 1
            case UInt8(ascii: ","):
                if depth == 0 { return ended(start) }
            default: break
            }
            at += 1
        }
        return nil
    }

    /// A number, a word, an array or an object; blanks behind it do not belong to it.
    private func ended(_ start: Int) -> UnsafeBufferPointer<UInt8>? {
        let value = IDLine.trimmed(UnsafeBufferPointer(rebasing: line[start..<at]))
        return value.isEmpty ? nil : value
    }
}
