// The client's response parser under libFuzzer and AddressSanitizer; `Tests/Fuzz/run` builds and runs it. It
// is compiled together with the parser's sources, so that it needs no package and no other module.

/// What a parser has made of some bytes, the connection's end after them.
private struct Answer: Equatable {
    private static let maxBodyBytes = 40

    var progress = ResponseParser.Progress.more
    var status = 0
    var body: [UInt8] = []
    var isTruncated = false
    var keepsConnection = false
    /// Bytes consumed, of what was not refused.
    var consumed = 0

    /// - Parameter cuts: where the pieces end, in order.
    init(_ bytes: [UInt8], cutAt cuts: [Int]) {
        var parser = ResponseParser(maxBodyBytes: Self.maxBodyBytes)
        for cut in cuts + [bytes.count] where progress == .more && cut > consumed {
            // Memory of just that size: a byte read beyond it is an error that the sanitizer sees.
            let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: cut - consumed, alignment: 1)
            piece.copyBytes(from: bytes[consumed..<cut])
            var offset = 0
            progress = parser.feed(UnsafeRawBufferPointer(piece), &offset)
            piece.deallocate()
            require(offset >= 0 && consumed + offset <= cut, "the offset leaves the bytes")
            require(progress != .more || consumed + offset == cut, "more, and bytes are left")
            consumed += offset
            require(parser.body.count <= Self.maxBodyBytes, "a body beyond the limit")
        }
        if progress == .more, parser.end() { progress = .done }
        guard progress == .done || progress == .cut else {
            consumed = 0
            return
        }
        (status, body, isTruncated) = (parser.head.status, parser.body, parser.isTruncated)
        require(status >= 200, "an interim answer for the last")
        guard progress == .done else {
            consumed = 0
            return
        }
        keepsConnection = parser.keepsConnection
        require(!keepsConnection || parser.head.isDelimited, "it waits on an answer without end")
    }
}

private func require(_ holds: Bool, _ what: StaticString) {
    if !holds { fatalError("\(what)") }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    let whole = Answer(bytes, cutAt: [])
    let seed = bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    let (one, two) = (Int(seed >> 40) % (count + 1), Int(seed >> 16 & 0xFF_FFFF) % (count + 1))
    require(Answer(bytes, cutAt: [min(one, two), max(one, two)]) == whole, "cut in three it reads otherwise")
    if count <= 300 {
        require(Answer(bytes, cutAt: Array(0..<count)) == whole, "byte by byte it reads otherwise")
    }
    // What comes behind a complete answer changes nothing of it.
    if whole.progress == .done, whole.keepsConnection {
        let more = Answer(Array(bytes.prefix(whole.consumed)) + Array("HTTP/1.1 500 X\r\n".utf8), cutAt: [])
        require(more == whole, "what follows an answer changes it")
    }
    return 0
}
