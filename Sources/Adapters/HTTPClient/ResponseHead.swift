/// What the head of an answer says about how to read and use it (RFC 9112, sections 4 to 6).
struct ResponseHead {
    static let maxLengthDigits = 18
    static let maxHexDigits = 15
    /// Beyond it a hint is no use.
    static let maxIdleHintS = 86_400

    private(set) var status = 0
    private(set) var contentLength: Int?
    private(set) var isChunked = false
    /// The first field of that name, as it came.
    private(set) var retryAfter: String?
    /// `Keep-Alive: timeout=…`: how long the server keeps an idle connection, in seconds.
    private(set) var idleHintS: Int?
    private var isLatest = true
    private var saysClose = false
    private var saysKeepAlive = false
    private var hasEncoding = false

    /// 204 and 304 never have a body (RFC 9112 §6.3).
    var isBodiless: Bool { status == 204 || status == 304 }

    /// Whether the body's end is known without the connection's end.
    var isDelimited: Bool { isBodiless || isChunked || contentLength != nil }

    var keepsConnection: Bool { !saysClose && (isLatest || saysKeepAlive) }

    /// What about the fields together makes the answer unreadable.
    var fault: StaticString? {
        if hasEncoding, contentLength != nil { return "a length beside a transfer coding" }
        if hasEncoding, !isLatest { return "a transfer coding in HTTP/1.0" }
        return nil
    }

    /// What is wrong with the first bytes of a status line.
    static func beginning(_ bytes: UnsafeRawBufferPointer) -> StaticString? {
        let prefix: StaticString = "HTTP/1."
        let expected = UnsafeBufferPointer(start: prefix.utf8Start, count: prefix.utf8CodeUnitCount)
        return zip(bytes, expected).allSatisfy { $0 == $1 } ? nil : "not HTTP/1"
    }

    mutating func readStatusLine(_ line: UnsafeRawBufferPointer) -> StaticString? {
        if let fault = Self.beginning(line) { return fault }
        guard line.count >= 12, line[7] == 48 || line[7] == 49, line[8] == 32 else {
            return "a malformed status line"
        }
        for digit in line[9..<12] {
            guard (48...57).contains(digit) else { return "a malformed status" }
            status = status * 10 + Int(digit - 48)
        }
        guard status >= 100, line.count == 12 || line[12] == 32 else { return "a malformed status" }
        isLatest = line[7] == 49
        return Self.isText(line[12...]) ? nil : "a control character in the head"
    }

    mutating func readTrailer(_ line: UnsafeRawBufferPointer) -> StaticString? {
        Self.colon(in: line) == nil ? "a malformed trailer" : nil
    }

    mutating func readField(_ line: UnsafeRawBufferPointer) -> StaticString? {
        guard let colon = Self.colon(in: line) else { return "a malformed field" }
        let value = Self.trimmed(line[(colon + 1)...])
        switch colon {
        case 14 where Self.isName(line, "content-length"): return readLength(value)
        case 17 where Self.isName(line, "transfer-encoding"):
            guard !hasEncoding, Self.equals(value, "chunked") else { return "an unknown transfer coding" }
            hasEncoding = true
            isChunked = true
        case 10 where Self.isName(line, "connection"): readConnection(value)
        case 10 where Self.isName(line, "keep-alive"): readKeepAlive(value)
        case 11 where Self.isName(line, "retry-after"):
            if retryAfter == nil { retryAfter = String(decoding: value, as: UTF8.self) }
        default: break
        }
        return nil
    }

    private mutating func readLength(_ value: Slice<UnsafeRawBufferPointer>) -> StaticString? {
        guard !value.isEmpty, value.count <= Self.maxLengthDigits,
            value.allSatisfy({ (48...57).contains($0) })
        else { return "a malformed length" }
        let length = value.reduce(0) { $0 * 10 + Int($1 - 48) }
        guard contentLength == nil || contentLength == length else { return "lengths that conflict" }
        contentLength = length
        return nil
    }

    private mutating func readConnection(_ value: Slice<UnsafeRawBufferPointer>) {
        for option in value.split(separator: UInt8(ascii: ",")) {
            let option = Self.trimmed(option)
            if Self.equals(option, "close") { saysClose = true }
            if Self.equals(option, "keep-alive") { saysKeepAlive = true }
        }
    }

    private mutating func readKeepAlive(_ value: Slice<UnsafeRawBufferPointer>) {
        for parameter in value.split(separator: UInt8(ascii: ",")) {
            let parameter = Self.trimmed(parameter)
            guard parameter.count > 8, Self.equals(parameter.prefix(8), "timeout=") else { continue }
            let digits = parameter.dropFirst(8)
            guard digits.count <= 5, digits.allSatisfy({ (48...57).contains($0) }) else { continue }
            idleHintS = min(Self.maxIdleHintS, digits.reduce(0) { $0 * 10 + Int($1 - 48) })
        }
    }

    static func hexValue(_ byte: UInt8) -> Int? {
        switch byte {
        case 48...57: Int(byte) - 48
        case 65...70: Int(byte) - 55
        case 97...102: Int(byte) - 87
        default: nil
        }
    }

    /// Where a field's name ends, if its name is a token and its value text.
    private static func colon(in line: UnsafeRawBufferPointer) -> Int? {
        var index = 0
        while index < line.count, isToken(line[index]) { index += 1 }
        guard index > 0, index < line.count, line[index] == UInt8(ascii: ":") else { return nil }
        return isText(line[(index + 1)...]) ? index : nil
    }

    static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 97...122, 65...90, 48...57: true
        case 33, 35...39, 42, 43, 45, 46, 94, 95, 96, 124, 126: true
        default: false
        }
    }

    private static func isText(_ bytes: Slice<UnsafeRawBufferPointer>) -> Bool {
        for byte in bytes where (byte < 32 && byte != 9) || byte == 127 { return false }
        return true
    }

    private static func isName(_ line: UnsafeRawBufferPointer, _ lowercase: StaticString) -> Bool {
        equals(line[..<lowercase.utf8CodeUnitCount], lowercase)
    }

    /// Without regard to the case of letters.
    static func equals(_ bytes: Slice<UnsafeRawBufferPointer>, _ lowercase: StaticString) -> Bool {
        guard bytes.count == lowercase.utf8CodeUnitCount else { return false }
        var expected = lowercase.utf8Start
        for byte in bytes {
            let isUpper = byte >= 65 && byte <= 90
            if (isUpper ? byte | 32 : byte) != expected.pointee { return false }
            expected += 1
        }
        return true
    }

    static func trimmed(_ bytes: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
        func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 }
        var bytes = bytes
        while let first = bytes.first, isBlank(first) { bytes = bytes.dropFirst() }
        while let last = bytes.last, isBlank(last) { bytes = bytes.dropLast() }
        return bytes
    }
}
