// The request parser under libFuzzer and AddressSanitizer; `Tests/Fuzz/run` builds and runs it. It is
// compiled together with the codec's sources, so that it needs no package and no other module.

/// What a parser has made of some bytes.
struct Reading {
    struct Request: Equatable {
        var head: [UInt8]
        var meaning: RequestHead
        var body: [UInt8]
    }

    var requests: [Request] = []
    var refusal: Refusal?
    /// Of the request that has begun: its content so far.
    var body: [UInt8] = []
    var isInBody = false
    /// Bytes that it wants to see again.
    var kept = 0

    /// Small, so that inputs of a few hundred bytes reach them.
    private static let limits = RequestLimits(maxHeadBytes: 700, maxFields: 16, maxBodyBytes: 300)

    private let limits: RequestLimits

    /// - Parameters:
    ///   - cuts: where the pieces end, in order.
    ///   - spare: bytes of head beyond the usual.
    init(_ bytes: [UInt8], cutAt cuts: [Int], spare: Int = 0) {
        var limits = Self.limits
        limits.maxHeadBytes += spare
        self.limits = limits
        var parser = RequestParser(limits: limits)
        var left: [UInt8] = []
        var from = 0
        for cut in cuts + [bytes.count] {
            left += bytes[from..<cut]
            from = cut
            left.removeFirst(feed(left, to: &parser))
            require(left.count <= limits.maxHeadBytes || refusal != nil, "it keeps too much")
        }
        kept = refusal == nil ? left.count : 0
    }

    /// - Returns: how many bytes were consumed.
    private mutating func feed(_ bytes: [UInt8], to parser: inout RequestParser) -> Int {
        // Memory of just that size: a byte read beyond it is an error that the sanitizer sees.
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        defer { copy.deallocate() }
        copy.copyBytes(from: bytes)
        let view = UnsafeRawBufferPointer(copy)
        var offset = 0
        while refusal == nil {
            let before = offset
            let event = parser.next(view, &offset)
            require(offset >= before && offset <= view.count, "the offset leaves the bytes")
            switch event {
            case .more: return offset
            case .head(let range):
                require(!isInBody, "a head in a body")
                // One empty line may stand before it.
                require(range.lowerBound == before || range.lowerBound == before + 2, "a gap before a head")
                require(range.upperBound == offset, "a gap behind a head")
                require(range.count <= limits.maxHeadBytes, "a head beyond the limit")
                check(parser.head, in: Array(view[range]))
                requests.append(Request(head: Array(view[range]), meaning: parser.head, body: []))
                isInBody = parser.head.framing != .none
            case .content(let range):
                require(isInBody && !range.isEmpty, "content out of place")
                require(range.lowerBound >= before && range.upperBound == offset, "content out of range")
                body += view[range]
                require(body.count <= limits.maxBodyBytes, "a body beyond the limit")
            case .end:
                require(isInBody, "an end without a body")
                if case .length(let length) = requests[requests.count - 1].meaning.framing {
                    require(body.count == length, "another length than was said")
                }
                requests[requests.count - 1].body = body
                body = []
                isInBody = false
            case .refused(let why):
                refusal = why
                require(parser.next(view, &offset) == .refused(why), "a refusal that does not last")
            }
        }
        return offset
    }

    /// Spans lie where they should, and hold what they should.
    private func check(_ head: RequestHead, in bytes: [UInt8]) {
        let (target, path) = (head.target.range, head.path.range)
        require(target.upperBound < Int(head.fieldsStart) && Int(head.fieldsStart) < bytes.count, "spans")
        require(!path.isEmpty && path.upperBound <= target.upperBound, "a path outside the target")
        require(bytes[path.lowerBound] == 0x2F || bytes[path.lowerBound] == 0x2A, "a path without a slash")
        require(bytes[target].allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x23 }, "a byte in the target")
        require(bytes.suffix(4) == [13, 10, 13, 10], "a head without an empty line")
        bytes.withUnsafeBytes { bytes in
            var lines = FieldLines(bytes, start: Int(head.fieldsStart))
            var count = 0
            while let line = lines.next() {
                count += 1
                require(!line.name.isEmpty && bytes[line.name].allSatisfy(ByteClass.isToken), "a name")
                require(!bytes[line.value].contains { $0 == 13 || $0 == 10 || $0 == 0 }, "a value")
            }
            require(count <= limits.maxFields, "fields beyond the limit")
        }
    }
}

extension Reading.Request {
    /// The request as a plain client would write it.
    var written: [UInt8] {
        var out: [UInt8] = []
        head.withUnsafeBytes { head in
            out += head[..<Int(meaning.fieldsStart)]
            var lines = FieldLines(head, start: Int(meaning.fieldsStart))
            while let line = lines.next() {
                out += head[line.name]
                out += [0x3A, 0x20]
                out += head[line.value]
                out += [13, 10]
            }
        }
        out += [13, 10]
        if meaning.framing == .chunked, !body.isEmpty {
            out += Array(String(body.count, radix: 16).utf8) + [13, 10] + body + [13, 10]
        } else {
            out += body
        }
        if meaning.framing == .chunked { out += Array("0\r\n\r\n".utf8) }
        return out
    }
}

extension Reading: Equatable {
    static func == (one: Reading, other: Reading) -> Bool {
        one.requests == other.requests && one.refusal == other.refusal && one.body == other.body
            && one.isInBody == other.isInBody && one.kept == other.kept
    }
}

func require(_ holds: Bool, _ what: StaticString) {
    if !holds { fatalError("\(what)") }
}

/// A small generator, seeded from the input: an input that fails must fail again.
struct Cuts {
    private var state: UInt64

    init(_ bytes: [UInt8]) {
        state = bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    mutating func next(upTo count: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % (count + 1)
    }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    let whole = Reading(bytes, cutAt: [])
    var cuts = Cuts(bytes)
    for _ in 0..<4 {
        let pair = [cuts.next(upTo: count), cuts.next(upTo: count)].sorted()
        require(Reading(bytes, cutAt: pair) == whole, "cut in three it reads otherwise")
    }
    if count <= 200 {
        require(Reading(bytes, cutAt: Array(0..<count)) == whole, "byte by byte it reads otherwise")
    }
    for (index, request) in whole.requests.enumerated() {
        // The last one's body may be missing yet.
        if index == whole.requests.count - 1, whole.isInBody || whole.refusal != nil { break }
        // A field's blank may be new.
        let again = Reading(request.written, cutAt: [], spare: 100)
        require(again.refusal == nil && again.requests.count == 1, "written, it is another")
        require(again.kept == 0, "written, something is left over")
        let (one, two) = (request.meaning, again.requests[0].meaning)
        require(again.requests[0].body == request.body, "written, it has another body")
        require(
            one.method == two.method && one.target == two.target && one.path == two.path
                && one.framing == two.framing && one.isOld == two.isOld && one.isKept == two.isKept
                && one.asksForUpgrade == two.asksForUpgrade && one.expectsContinue == two.expectsContinue,
            "written, it means something else")
    }
    return 0
}
