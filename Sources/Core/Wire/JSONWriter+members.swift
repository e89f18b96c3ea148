/// Members and lists in one call each: for reports, not for a hot path.
extension JSONWriter {
    package mutating func member(_ key: StaticString, _ value: String) {
        self.key(key)
        string(value)
    }

    /// nil is written as null.
    package mutating func member(_ key: StaticString, _ value: String?) {
        self.key(key)
        if let value { string(value) } else { null() }
    }

    package mutating func member(_ key: StaticString, _ value: some BinaryInteger) {
        self.key(key)
        integer(Int64(value))
    }

    /// nil is written as null.
    package mutating func member(_ key: StaticString, _ value: (some BinaryInteger)?) {
        self.key(key)
        if let value { integer(Int64(value)) } else { null() }
    }

    package mutating func member(_ key: StaticString, _ value: Bool) {
        self.key(key)
        bool(value)
    }

    /// A list of objects, one for each item.
    package mutating func objects<Items: Sequence>(
        _ key: StaticString, _ items: Items, _ members: (inout JSONWriter, Items.Element) -> Void
    ) {
        self.key(key)
        beginArray()
        for item in items { object { members(&$0, item) } }
        endArray()
    }

    /// An object as the next value.
    package mutating func object(_ members: (inout JSONWriter) -> Void) {
        beginObject()
        members(&self)
        endObject()
    }
}
