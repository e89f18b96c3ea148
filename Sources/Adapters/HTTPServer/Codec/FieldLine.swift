/// One field line (RFC 9112 section 5): `name ":" OWS value OWS`.
struct FieldLine {
    var name: Range<Int>
    /// Without the blanks around it.
    var value: Range<Int>

    /// - Parameters:
    ///   - start, end: a line without its line break, not empty; no control byte but tab is in it.
    @inline(__always)
    init(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int) throws(Refusal) {
        var at = start
        while at < end, ByteClass.isToken(bytes[at]) { at += 1 }
        guard at > start, at < end, bytes[at] == UInt8(ascii: ":") else {
            throw ByteClass.isBlank(bytes[start]) ? .foldedField : .fieldName
        }
        name = start..<at
        value = Self.trimmed(bytes, at + 1, end)
    }

    /// A line known to be well-formed.
    @inline(__always)
    init(known bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int) {
        var at = start
        while at < end, bytes[at] != UInt8(ascii: ":") { at += 1 }
        name = start..<at
        value = Self.trimmed(bytes, min(at + 1, end), end)
    }

    @inline(__always)
    private static func trimmed(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> Range<Int> {
        var (from, to) = (start, end)
        while from < to, ByteClass.isBlank(bytes[from]) { from += 1 }
        while from < to, ByteClass.isBlank(bytes[to - 1]) { to -= 1 }
        return from..<to
    }
}

/// The field lines of a head that has been accepted, in order.
package struct FieldLines: IteratorProtocol {
    private let bytes: UnsafeRawBufferPointer
    private var at: Int

    /// - Parameters:
    ///   - head: the whole head, its empty line included.
    ///   - start: where the first field line begins.
    package init(_ head: UnsafeRawBufferPointer, start: Int) {
        bytes = head
        at = start
    }

    package mutating func next() -> (name: Range<Int>, value: Range<Int>)? {
        let end = ByteClass.firstControl(bytes, at, bytes.count)
        guard end > at, end < bytes.count else { return nil }
        let line = FieldLine(known: bytes, at, end)
        at = end + 2
        return (line.name, line.value)
    }
}
