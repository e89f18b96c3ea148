/// The names seen in the objects of a ticket that are open, so that none stands twice in one of them.
///
/// Plain names are kept as places in the text, a few of them and compared one by one; from the first name
/// that is not plain, or one too many, an object's names are a Set: a hostile header costs no square.
struct TicketMemberNames {
    /// One name with its quotes: texts are at most `TicketVerifier.maxBytes` long.
    private struct Place {
        var start: UInt16 = 0
        var end: UInt16 = 0
    }

    /// The names of one object.
    struct Known {
        fileprivate let first: Int
        fileprivate var strings: Set<String>?
    }

    /// Of all open objects together.
    private var places = InlineArray<32, Place>(repeating: Place())
    private var count = 0

    /// For an object that opens within the others.
    mutating func begin() -> Known {
        Known(first: count, strings: nil)
    }

    /// For the object opened last.
    mutating func end(_ known: Known) {
        count = known.first
    }

    /// Adds a name of the object opened last; false where it has that name already. `text` is what the name
    /// and all before it lie in.
    mutating func add(
        _ name: TicketText, to known: inout Known, in text: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        if known.strings == nil {
            if name.isPlain, count < places.count { return addPlace(name, to: known, in: text) }
            known.strings = []
            for index in known.first..<count {
                if let string = self.name(at: index, in: text).string { known.strings?.insert(string) }
            }
        }
        guard let string = name.string else { return false }
        return known.strings?.insert(string).inserted ?? false
    }

    private mutating func addPlace(
        _ name: TicketText, to known: Known, in text: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        let bytes = name.bytes
        for index in known.first..<count where self.name(at: index, in: text).equals(bytes) { return false }
        guard let start = name.quoted.baseAddress, let base = text.baseAddress else { return false }
        let offset = start - base
        places[count] = Place(start: UInt16(offset), end: UInt16(offset + name.quoted.count))
        count += 1
        return true
    }

    private func name(at index: Int, in text: UnsafeBufferPointer<UInt8>) -> TicketText {
        let place = places[index]
        let quoted = UnsafeBufferPointer(rebasing: text[Int(place.start)..<Int(place.end)])
        return TicketText(quoted: quoted, isPlain: true)
    }
}
