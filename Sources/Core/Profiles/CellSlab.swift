/// Entries of bytes in cells of one size, in memory that is taken from the system as it is needed and never
/// given back: no allocation an entry, no fragmentation, and whatever one entry leaves another can use.
///
/// ```
/// head cell:    hash u64 | expiresAtMs 44 bits, length 18, used, head | 128 bytes
/// further cell: next cell + 1 u64 | 0                                 | 128 bytes
/// ```
/// A longer entry goes on in further cells; then the last 4 bytes of the head cell's room are the next cell
/// + 1.
struct CellSlab: ~Copyable {
    static let cellBytes = 144
    private static let headBytes = 16
    static let roomBytes = cellBytes - headBytes
    private static let chainOffset = cellBytes - 4
    private static let chunkShift: UInt32 = 12
    private static let chunkCells = 1 << Int(chunkShift)
    /// More cells than this there cannot be.
    static let maximum = 1 << 27
    static let maxLength = 1 << 18 - 1

    let maxCells: Int
    /// Cells that have ever been used; their memory is resident.
    private(set) var touched = 0
    private(set) var inUse = 0
    private var chunks: [UnsafeMutableRawPointer] = []
    /// The first free cell among the touched ones + 1; the next stands where a further cell has its own.
    private var free: UInt64 = 0

    init(maxCells: Int) {
        precondition(maxCells >= 0 && maxCells <= Self.maximum)
        self.maxCells = maxCells
    }

    deinit {
        for chunk in chunks { chunk.deallocate() }
    }

    /// Cells that an entry takes.
    static func cells(length: Int) -> Int {
        length <= roomBytes ? 1 : 1 + (length - (roomBytes - 4) + roomBytes - 1) / roomBytes
    }

    var freeCells: Int { maxCells - inUse }

    // MARK: - Heads

    struct Head {
        var expiresAtMs: Int64
        var length: Int
        var wasUsed: Bool

        init(expiresAtMs: Int64, length: Int, wasUsed: Bool) {
            self.expiresAtMs = expiresAtMs
            self.length = length
            self.wasUsed = wasUsed
        }

        init(_ word: UInt64) {
            expiresAtMs = Int64(word >> 20)
            length = Int(word >> 2 & UInt64(CellSlab.maxLength))
            wasUsed = word & 2 != 0
        }

        var word: UInt64 {
            UInt64(expiresAtMs) << 20 | UInt64(length) << 2 | (wasUsed ? 2 : 0) | 1
        }
    }

    /// The head of a cell's entry; nil = the cell is free, or not an entry's first.
    @inline(__always)
    func head(_ cell: UInt32) -> Head? {
        let word = at(cell).load(fromByteOffset: 8, as: UInt64.self)
        return word & 1 == 0 ? nil : Head(word)
    }

    @inline(__always)
    func setHead(_ cell: UInt32, _ head: Head) {
        at(cell).storeBytes(of: head.word, toByteOffset: 8, as: UInt64.self)
    }

    @inline(__always)
    func hash(_ cell: UInt32) -> UInt64 {
        at(cell).load(as: UInt64.self)
    }

    // MARK: - Entries

    /// Makes an entry. There must be room: `cells(length:)` of `freeCells`.
    mutating func add(hash: UInt64, _ head: Head, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
        precondition(bytes.count == head.length && head.length <= Self.maxLength)
        let first = take()
        at(first).storeBytes(of: hash, as: UInt64.self)
        setHead(first, head)
        if bytes.count <= Self.roomBytes {
            copy(bytes[...], to: first)
            return first
        }
        var rest = bytes[...]
        copy(rest.prefix(Self.roomBytes - 4), to: first)
        rest = rest.dropFirst(Self.roomBytes - 4)
        var last = first
        while !rest.isEmpty {
            let cell = take()
            at(cell).storeBytes(of: 0, as: UInt64.self)
            at(cell).storeBytes(of: 0, toByteOffset: 8, as: UInt64.self)
            copy(rest.prefix(Self.roomBytes), to: cell)
            rest = rest.dropFirst(Self.roomBytes)
            if last == first {
                at(first).storeBytes(of: cell + 1, toByteOffset: Self.chainOffset, as: UInt32.self)
            } else {
                at(last).storeBytes(of: UInt64(cell) + 1, as: UInt64.self)
            }
            last = cell
        }
        return first
    }

    /// Frees an entry's cells; `first` must be a head.
    mutating func remove(_ first: UInt32) {
        guard let head = head(first) else { preconditionFailure("not an entry's first cell") }
        var next = head.length <= Self.roomBytes ? 0 : UInt64(chained(first))
        release(first)
        while next != 0 {
            let cell = UInt32(next - 1)
            next = at(cell).load(as: UInt64.self)
            release(cell)
        }
    }

    /// The entry's bytes where they lie, or gathered in `scratch` if they are in several cells.
    @inline(__always)
    func withBytes<Result>(
        _ first: UInt32, length: Int, scratch: inout [UInt8],
        _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        if length <= Self.roomBytes {
            return body(UnsafeRawBufferPointer(start: at(first) + Self.headBytes, count: length))
        }
        gather(first, length: length, &scratch)
        return scratch.withUnsafeBytes(body)
    }

    private func gather(_ first: UInt32, length: Int, _ scratch: inout [UInt8]) {
        scratch.removeAll(keepingCapacity: true)
        append(first, Self.roomBytes - 4, &scratch)
        var next = UInt64(chained(first))
        while next != 0 {
            let cell = UInt32(next - 1)
            append(cell, min(Self.roomBytes, length - scratch.count), &scratch)
            next = at(cell).load(as: UInt64.self)
        }
    }

    private func append(_ cell: UInt32, _ count: Int, _ scratch: inout [UInt8]) {
        scratch.append(
            contentsOf: UnsafeRawBufferPointer(start: at(cell) + Self.headBytes, count: count))
    }

    // MARK: - Cells

    private func copy(_ bytes: Slice<UnsafeRawBufferPointer>, to cell: UInt32) {
        (at(cell) + Self.headBytes).copyMemory(
            from: UnsafeRawBufferPointer(rebasing: bytes).baseAddress!, byteCount: bytes.count)
    }

    private func chained(_ first: UInt32) -> UInt32 {
        at(first).load(fromByteOffset: Self.chainOffset, as: UInt32.self)
    }

    private mutating func take() -> UInt32 {
        precondition(inUse < maxCells, "no cell is free")
        inUse += 1
        if free != 0 {
            let cell = UInt32(free - 1)
            free = at(cell).load(as: UInt64.self)
            return cell
        }
        let cell = UInt32(touched)
        touched += 1
        if Int(cell >> Self.chunkShift) == chunks.count {
            let cells = min(Self.chunkCells, maxCells - Int(cell))
            chunks.append(.allocate(byteCount: cells * Self.cellBytes, alignment: 16))
        }
        return cell
    }

    private mutating func release(_ cell: UInt32) {
        at(cell).storeBytes(of: free, as: UInt64.self)
        at(cell).storeBytes(of: 0, toByteOffset: 8, as: UInt64.self)
        free = UInt64(cell) + 1
        inUse -= 1
    }

    @inline(__always)
    private func at(_ cell: UInt32) -> UnsafeMutableRawPointer {
        let offset = Int(cell & UInt32(Self.chunkCells - 1)) &* Self.cellBytes
        return chunks[Int(cell >> Self.chunkShift)] + offset
    }
}
