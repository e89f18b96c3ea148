/// Writes a request for the plain path: head and body in one buffer, for one `send`.
///
/// The same head as libcurl's: host, user agent, accept, the caller's lines as they are, then the length.
/// What is out of the ordinary is left to libcurl (`write` returns false): https, a URL with user, fragment,
/// dots to resolve or bytes outside of plain ASCII, and headers that decide about host, framing or
/// connection.
struct PlainRequest {
    private enum Line { case usual, userAgent, accept, contentType, delicate }

    let userAgent: String

    /// Replaces the buffer's contents; false if the request is not for the plain path.
    func write(_ request: HTTPClientRequest, to buffer: inout [UInt8]) -> Bool {
        var url = request.url
        guard let place = url.withUTF8(Place.init) else { return false }
        var (hasUserAgent, hasAccept, hasContentType) = (false, false, false)
        func isFit(_ bytes: UnsafeRawBufferPointer) -> Bool {
            switch Self.kind(bytes) {
            case .usual: break
            case .userAgent: hasUserAgent = true
            case .accept: hasAccept = true
            case .contentType: hasContentType = true
            case .delicate: return false
            }
            return true
        }
        for header in request.headers {
            var header = header
            guard header.withUTF8({ isFit(UnsafeRawBufferPointer($0)) }) else { return false }
        }
        guard HeaderLines.allSatisfy(request.headerBytes, isFit) else { return false }
        buffer.removeAll(keepingCapacity: true)
        url.withUTF8 { url in
            switch request.method {
            case .get: append("GET ", to: &buffer)
            case .post: append("POST ", to: &buffer)
            case .put: append("PUT ", to: &buffer)
            }
            if place.target.isEmpty { buffer.append(UInt8(ascii: "/")) }
            buffer.append(contentsOf: UnsafeBufferPointer(rebasing: url[place.target]))
            append(" HTTP/1.1\r\nHost: ", to: &buffer)
            buffer.append(contentsOf: UnsafeBufferPointer(rebasing: url[place.host]))
            append("\r\n", to: &buffer)
        }
        if !hasUserAgent, !userAgent.isEmpty {
            append("User-Agent: ", to: &buffer)
            buffer.append(contentsOf: userAgent.utf8)
            append("\r\n", to: &buffer)
        }
        if !hasAccept { append("Accept: */*\r\n", to: &buffer) }
        for header in request.headers {
            buffer.append(contentsOf: header.utf8)
            append("\r\n", to: &buffer)
        }
        buffer.append(contentsOf: request.headerBytes)
        if request.method != .get {
            append("Content-Length: ", to: &buffer)
            append(decimal: request.body.count, to: &buffer)
            append("\r\n", to: &buffer)
            if !hasContentType { append("Content-Type: application/x-www-form-urlencoded\r\n", to: &buffer) }
        }
        append("\r\n", to: &buffer)
        if request.method != .get { buffer.append(contentsOf: request.body) }
        return true
    }

    private func append(_ text: StaticString, to buffer: inout [UInt8]) {
        buffer.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private func append(decimal number: Int, to buffer: inout [UInt8]) {
        var divisor = 1
        while number / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            buffer.append(48 + UInt8(number / divisor % 10))
            divisor /= 10
        }
    }

    /// Without a value after the colon, or with a semicolon in its place, a line means something to libcurl.
    private static func kind(_ line: UnsafeRawBufferPointer) -> Line {
        var end = 0
        while end < line.count, ResponseHead.isToken(line[end]) { end += 1 }
        guard end > 0, end < line.count, line[end] == UInt8(ascii: ":"),
            !ResponseHead.trimmed(line[(end + 1)...]).isEmpty
        else { return .delicate }
        let name = line[..<end]
        func isName(_ lowercase: StaticString) -> Bool { ResponseHead.equals(name, lowercase) }
        return switch end {
        case 10 where isName("user-agent"): .userAgent
        case 6 where isName("accept"): .accept
        case 12 where isName("content-type"): .contentType
        case 4 where isName("host"), 14 where isName("content-length"), 17 where isName("transfer-encoding"),
            10 where isName("connection"), 10 where isName("keep-alive"), 6 where isName("expect"),
            7 where isName("upgrade"), 2 where isName("te"), 7 where isName("trailer"):
            .delicate
        default: .usual
        }
    }

    /// Where host and target stand in a URL whose meaning is beyond doubt.
    private struct Place {
        /// With the port, unless that is the usual one.
        let host: Range<Int>
        let target: Range<Int>

        init?(_ url: UnsafeBufferPointer<UInt8>) {
            let scheme: StaticString = "http://"
            let start = scheme.utf8CodeUnitCount
            let prefix = UnsafeBufferPointer(start: scheme.utf8Start, count: start)
            guard url.count > start, url.prefix(start).elementsEqual(prefix) else { return nil }
            var end = start
            while end < url.count, Self.isName(url[end]) { end += 1 }
            let nameEnd = end
            if end < url.count, url[end] == UInt8(ascii: ":") {
                end += 1
                while end < url.count, (48...57).contains(url[end]) { end += 1 }
                guard (2...6).contains(end - nameEnd) else { return nil }
            }
            guard nameEnd > start, end == url.count || url[end] == UInt8(ascii: "/") else { return nil }
            let isUsualPort = url[nameEnd..<end].elementsEqual(":80".utf8)
            host = start..<(isUsualPort ? nameEnd : end)
            target = end..<url.count
            var before = UInt8(0)
            for byte in url[target] {
                let isDotSegment = before == UInt8(ascii: "/") && byte == UInt8(ascii: ".")
                guard byte > 32, byte < 127, byte != UInt8(ascii: "#"), byte != UInt8(ascii: "\\"),
                    !isDotSegment
                else { return nil }
                before = byte
            }
        }

        private static func isName(_ byte: UInt8) -> Bool {
            switch byte {
            case 97...122, 48...57, 45, 46: true
            default: false
            }
        }
    }
}
