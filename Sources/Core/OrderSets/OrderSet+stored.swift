import Wire

/// Why bytes are no stored set.
package enum StoredSetFault: Error, Equatable, Sendable {
    /// Not the beginning of a stored set, or of a later form of one.
    case foreign
    /// Shorter or longer than it says of itself.
    case length
    /// The sum does not fit: damaged.
    case checksum
    /// The sum fits and the contents do not: written by something else.
    case contents
}

/// The stored form, for checkpoints: little endian, `HBOSET1\n`, blocks (UInt64), IDs (UInt64), then by
/// ascending keys: key (UInt64), form (UInt32), count (UInt32), units (UInt32), memory; at the end the CRC-32
/// (UInt32) of all before.
extension OrderSet {
    private static let magic = Array("HBOSET1\n".utf8)
    private static let headBytes = 24
    private static let blockHeadBytes = 20
    private static let sumBytes = 4

    /// Writes the set piece by piece, each of at most 64 KiB, without a second copy of it.
    ///
    /// The set is compacted first.
    package func store<Failure: Error>(
        _ write: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        compact()
        var sum: UInt32 = 0
        var head = Self.magic
        head.little(UInt64(blockCount))
        head.little(UInt64(count))
        try Self.put(head, &sum, write)
        for at in ascending() {
            let block = blocks[at]
            var head: [UInt8] = []
            head.little(block.key)
            head.little(UInt32(block.form.rawValue))
            head.little(UInt32(block.count))
            head.little(UInt32(block.units))
            try Self.put(head, &sum, write)
            let memory = UnsafeRawBufferPointer(start: block.memory, count: block.bytes)
            sum = crc32(memory, after: sum)
            try write(memory)
        }
        var tail: [UInt8] = []
        tail.little(sum)
        try Self.put(tail, &sum, write)
    }

    private static func put<Failure: Error>(
        _ bytes: [UInt8], _ sum: inout UInt32, _ write: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        let view = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 8)
        defer { view.deallocate() }
        view.copyBytes(from: bytes)
        sum = crc32(UnsafeRawBufferPointer(view), after: sum)
        try write(UnsafeRawBufferPointer(view))
    }

    /// Reads a stored set. Whatever the bytes are, it ends with a set or a fault.
    package convenience init(stored bytes: UnsafeRawBufferPointer) throws(StoredSetFault) {
        self.init()
        try formUnion(stored: bytes)
    }

    /// Takes all IDs of a stored set, or none where it throws.
    package func formUnion(stored bytes: UnsafeRawBufferPointer) throws(StoredSetFault) {
        var ids = 0
        try Self.eachBlock(bytes) { block in ids += Int(block.count) }
        guard bytes.little(at: 16) == UInt64(ids) else { throw .contents }
        try Self.eachBlock(bytes, areSound: true) { block in formUnion(block) }
    }

    /// The blocks of a stored set one after another, each in memory that holds it until the next one comes.
    ///
    /// - Parameter areSound: the bytes have been looked at before, from their first to their last.
    private static func eachBlock(
        _ bytes: UnsafeRawBufferPointer, areSound: Bool = false, _ each: (OrderBlock) -> Void
    ) throws(StoredSetFault) {
        let end = bytes.count - Self.sumBytes
        if !areSound {
            guard bytes.count >= Self.headBytes + Self.sumBytes else { throw .length }
            guard bytes.starts(with: Self.magic) else { throw .foreign }
            let whole = UnsafeRawBufferPointer(rebasing: bytes[..<end])
            guard bytes.little(at: end) == crc32(whole, after: 0) else { throw .checksum }
        }
        let memory = room(OrderBlock.span * 2)
        defer { memory.deallocate() }
        let blocks: UInt64 = bytes.little(at: 8)
        var at = Self.headBytes
        var before: UInt64?
        for _ in 0..<blocks {
            guard end - at >= Self.blockHeadBytes else { throw .length }
            let key: UInt64 = bytes.little(at: at)
            let (form, count, units): (UInt32, UInt32, UInt32) = (
                bytes.little(at: at + 8), bytes.little(at: at + 12), bytes.little(at: at + 16)
            )
            guard let form = OrderBlock.Form(rawValue: UInt8(clamping: form)), key < 1 << 48,
                before.map({ $0 < key }) ?? true, (1...UInt32(OrderBlock.span)).contains(count),
                form != .array || units == count, form != .runs || units <= OrderBlock.span / 2
            else { throw .contents }
            let block = OrderBlock(
                key: key, memory: memory, count: Int32(count), units: Int32(units), form: form)
            at += Self.blockHeadBytes
            guard end - at >= block.bytes else { throw .length }
            memory.copyMemory(from: bytes.baseAddress! + at, byteCount: block.bytes)
            guard areSound || block.isSound else { throw .contents }
            each(block)
            at += block.bytes
            before = key
        }
        guard at == end else { throw .length }
    }
}

extension OrderBlock {
    /// Whether what it says of itself is so.
    fileprivate var isSound: Bool {
        switch form {
        case .bitmap: return bitCount == Int(count)
        case .array:
            for index in 1..<max(1, Int(count)) where lows[index] <= lows[index - 1] { return false }
            return true
        case .runs:
            var sum = 0
            for run in 0..<Int(units) {
                let (first, last) = (Int(lows[run * 2]), Int(lows[run * 2 + 1]))
                guard first <= last, run == 0 || Int(lows[run * 2 - 1]) + 1 < first else { return false }
                sum += last - first + 1
            }
            return sum == Int(count)
        }
    }
}

extension [UInt8] {
    /// Appends a number, least significant byte first.
    mutating func little(_ value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }
}

extension UnsafeRawBufferPointer {
    func little<Value: FixedWidthInteger>(at offset: Int) -> Value {
        Value(littleEndian: loadUnaligned(fromByteOffset: offset, as: Value.self))
    }
}
