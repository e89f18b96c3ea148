/// Something that is looked at from time to time, and taken when it has changed and then stood still for one
/// look more: what is still being written is left alone.
struct SettledValue<Value: Equatable> {
    private var taken: Value?
    private var seen: Value?

    /// Whether `now` is to be taken: it is not what was taken last, and is what the look before saw.
    mutating func look(_ now: Value) -> Bool {
        defer { seen = now }
        return now != taken && now == seen
    }

    /// Nothing more happens until there is another value.
    mutating func take(_ value: Value) {
        taken = value
    }

    /// What was taken counts as changed again.
    mutating func forget() {
        taken = nil
    }
}

extension SettledValue: Sendable where Value: Sendable {}
