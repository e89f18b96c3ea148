/// What the fields that the server itself heeds say, gathered line by line and judged at the head's end.
struct FieldMeaning: Sendable {
    private var hosts = 0
    private var hasLength = false
    private var length = 0
    private var isChunked = false
    private var asksForUpgrade = false
    private var asksToKeep = false
    private var asksToClose = false
    private var expectsContinue = false
    private var expectsOther = false

    init() {}

    /// The fields that say where a message ends, where it goes or who sent it.
    enum Name {
        case host, expect, upgrade, connection, authorization, contentLength, transferEncoding

        @inline(__always)
        init?(_ bytes: UnsafeRawBufferPointer, _ name: Range<Int>) {
            let (start, end) = (name.lowerBound, name.upperBound)
            switch end - start {
            case 4 where ByteClass.matches(bytes, start, end, "host"): self = .host
            case 6 where ByteClass.matches(bytes, start, end, "expect"): self = .expect
            case 7 where ByteClass.matches(bytes, start, end, "upgrade"): self = .upgrade
            case 10 where ByteClass.matches(bytes, start, end, "connection"): self = .connection
            case 13 where ByteClass.matches(bytes, start, end, "authorization"): self = .authorization
            case 14 where ByteClass.matches(bytes, start, end, "content-length"): self = .contentLength
            case 17 where ByteClass.matches(bytes, start, end, "transfer-encoding"):
                self = .transferEncoding
            default: return nil
            }
        }
    }

    /// - Parameter base: the head's first byte.
    @inline(__always)
    mutating func take(
        _ line: FieldLine, _ bytes: UnsafeRawBufferPointer, base: Int, into head: inout RequestHead
    ) throws(Refusal) {
        guard let name = Name(bytes, line.name) else { return }
        let (start, end) = (line.value.lowerBound, line.value.upperBound)
        switch name {
        case .host:
            hosts += 1
            guard hosts == 1 else { throw .host }
            guard HostName.isValid(bytes, start, end) else { throw .hostName }
        case .expect:
            if ByteClass.matches(bytes, start, end, "100-continue") {
                expectsContinue = true
            } else {
                expectsOther = true
            }
        case .upgrade: asksForUpgrade = true
        case .connection: takeConnection(bytes, start, end)
        case .authorization:
            guard head.authorization.start == 0 else { throw .repeatedAuthorization }
            head.authorization = ByteSpan(start - base, end - base)
        case .contentLength:
            guard !hasLength else { throw .repeatedLength }
            hasLength = true
            length = try Self.number(bytes, start, end)
        case .transferEncoding:
            guard !isChunked else { throw .coding }
            guard ByteClass.matches(bytes, start, end, "chunked") else {
                // An unknown coding before the last one, which is chunked, leaves the end certain: 501
                // (RFC 9112 section 6.1); everything else is 400 (section 6.3).
                throw Self.endsWithChunked(bytes, start, end) ? .unknownCoding : .coding
            }
            isChunked = true
        }
    }

    /// A list of connection options (RFC 9110 section 7.6.1).
    private mutating func takeConnection(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int) {
        var at = start
        while at < end {
            while at < end, !ByteClass.isToken(bytes[at]) { at += 1 }
            let first = at
            while at < end, ByteClass.isToken(bytes[at]) { at += 1 }
            if ByteClass.matches(bytes, first, at, "close") { asksToClose = true }
            if ByteClass.matches(bytes, first, at, "keep-alive") { asksToKeep = true }
        }
    }

    /// Digits only, at most 18, so that it fits.
    private static func number(
        _ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int
    ) throws(Refusal) -> Int {
        guard start < end, end - start <= 18 else { throw .length }
        var number = 0
        for at in start..<end {
            guard ByteClass.isDigit(bytes[at]) else { throw .length }
            number = number * 10 + Int(bytes[at] &- 0x30)
        }
        return number
    }

    private static func endsWithChunked(
        _ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int
    ) -> Bool {
        var last = end
        while last > start, ByteClass.isToken(bytes[last - 1]) { last -= 1 }
        guard ByteClass.matches(bytes, last, end, "chunked") else { return false }
        // What stands before it: codings and commas, none of them chunked.
        var at = start
        var hasOther = false
        while at < last {
            guard ByteClass.isToken(bytes[at]) else {
                guard ByteClass.isBlank(bytes[at]) || bytes[at] == UInt8(ascii: ",") else { return false }
                at += 1
                continue
            }
            let first = at
            while at < last, ByteClass.isToken(bytes[at]) { at += 1 }
            if ByteClass.matches(bytes, first, at, "chunked") { return false }
            hasOther = true
        }
        return hasOther
    }

    /// At the head's end. Both length fields are never taken, nor transfer-encoding in 1.0 (RFC 9112
    /// section 6.1): intermediaries disagree on such messages.
    func judge(_ head: inout RequestHead, maxBodyBytes: Int) throws(Refusal) {
        guard hosts == 1 || head.isOld else { throw .host }
        guard !isChunked || !hasLength else { throw .bothLengths }
        guard !isChunked || !head.isOld else { throw .codingInOldVersion }
        guard length <= maxBodyBytes else { throw .bodyBytes }
        head.framing = isChunked ? .chunked : length > 0 ? .length(length) : .none
        if !head.isOld {
            // 1.0 knows no expectations (RFC 9110 section 10.1.1).
            guard !expectsOther else { throw .expectation }
            head.expectsContinue = expectsContinue && head.framing != .none
        }
        if asksToClose {
            head.isKept = false
        } else if asksToKeep {
            head.isKept = true
        }
        head.asksForUpgrade = asksForUpgrade
    }
}
