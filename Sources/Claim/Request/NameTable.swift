import Glibc

/// Slots by name, looked up by the name's bytes where they lie: no String, no allocation. Immutable; any
/// thread.
///
/// Open addressing, at most half full, over FNV-1a: the names in it are the catalog's, so that nobody outside
/// can make the walk longer than the catalog itself does.
struct NameTable: Sendable {
    private struct Entry: Sendable {
        var hash: UInt32 = 0
        var start: UInt32 = 0
        var count: UInt16 = 0
        var slot: UInt16 = 0
    }

    private var entries: [Entry]
    private var text: [UInt8] = []
    private let mask: Int

    /// - Parameter names: each once and not empty; a name's slot is its place.
    init(_ names: [String]) {
        precondition(names.count <= Int(UInt16.max), "a slot has 16 bits")
        var size = 4
        while size < names.count * 2 { size *= 2 }
        entries = Array(repeating: Entry(), count: size)
        mask = size - 1
        for (slot, name) in names.enumerated() {
            let bytes = Array(name.utf8)
            precondition((1...Int(UInt16.max)).contains(bytes.count), "a name has 1 to 65535 bytes")
            let hash = bytes.withUnsafeBufferPointer { Self.hash($0) }
            var place = Int(hash) & mask
            while entries[place].count > 0 { place = (place + 1) & mask }
            entries[place] = Entry(
                hash: hash, start: UInt32(text.count), count: UInt16(bytes.count), slot: UInt16(slot))
            text += bytes
        }
    }

    func slot(_ name: UnsafeBufferPointer<UInt8>) -> UInt16? {
        guard let first = name.baseAddress else { return nil }
        let hash = Self.hash(name)
        return entries.withUnsafeBufferPointer { entries in
            text.withUnsafeBufferPointer { text in
                var place = Int(hash) & mask
                while entries[place].count > 0 {
                    let entry = entries[place]
                    if entry.hash == hash, Int(entry.count) == name.count,
                        memcmp(text.baseAddress! + Int(entry.start), first, name.count) == 0
                    {
                        return entry.slot
                    }
                    place = (place + 1) & mask
                }
                return nil
            }
        }
    }

    private static func hash(_ name: UnsafeBufferPointer<UInt8>) -> UInt32 {
        var hash: UInt32 = 0x811C_9DC5
        for byte in name { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
        return hash
    }
}
