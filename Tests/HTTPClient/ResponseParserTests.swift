import Testing

@testable import HTTPClient

/// What a parser has made of some bytes that came in pieces, the connection's end after them.
private struct Reading: Equatable {
    var progress: ResponseParser.Progress
    var status = 0
    var body: [UInt8] = []
    var isTruncated = false
    var keepsConnection = false
    /// Bytes that were not part of the answer.
    var left = 0

    init(_ bytes: [UInt8], maxBodyBytes: Int = 64, pieces: (Int) -> Int) {
        var parser = ResponseParser(maxBodyBytes: maxBodyBytes)
        var start = 0
        progress = .more
        while start < bytes.count, progress == .more {
            let end = min(bytes.count, start + max(1, pieces(start)))
            // Memory of just that size, so that a read beyond it is seen by a sanitizer.
            let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: end - start, alignment: 1)
            copy.copyBytes(from: bytes[start..<end])
            var offset = 0
            progress = parser.feed(UnsafeRawBufferPointer(copy), &offset)
            copy.deallocate()
            if progress == .more, offset != end - start { Issue.record("more, and bytes left") }
            start = progress == .more ? end : start + offset
        }
        if progress == .more, parser.end() { progress = .done }
        guard progress == .done || progress == .cut else { return }
        (status, body, isTruncated) = (parser.head.status, parser.takeBody(), parser.isTruncated)
        if progress == .done { (keepsConnection, left) = (parser.keepsConnection, bytes.count - start) }
    }

    static func whole(_ text: String) -> Reading { Reading(Array(text.utf8)) { _ in .max / 2 } }
}

@Suite("Reading answers")
struct ResponseParserTests {
    @Test("good answers", arguments: AnswerTexts.good)
    func good(text: String) {
        let reading = Reading.whole(text)
        #expect(reading.progress == .done && reading.left == 0)
        let ended = text.contains("to the end")
        #expect(reading.keepsConnection == !ended)
        if ended { #expect(reading.body == Array("to the end".utf8)) }
    }

    @Test("bad answers", arguments: AnswerTexts.bad)
    func bad(text: String) {
        #expect(Reading.whole(text).progress == .malformed(""))
    }

    @Test("bodies, and what comes after them")
    func bodies() {
        let chunked =
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"
        #expect(Reading.whole(chunked).body == Array("hello world".utf8))
        let two = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        let reading = Reading.whole(two)
        #expect(reading.body == [49] && reading.left == 38)
        #expect(Reading.whole("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort").progress == .more)
        #expect(
            Reading.whole("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel").progress == .more)
    }

    @Test("a body is kept up to its bound, read up to another, then cut")
    func bounds() {
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
        let most = Array(head.utf8) + [UInt8](repeating: 1, count: 64 + ResponseParser.maxDroppedBytes)
        #expect(Reading(most) { _ in 1000 }.progress == .more)
        let cut = Reading(most + [1]) { _ in 1000 }
        #expect(cut.progress == .cut && cut.isTruncated && cut.body.count == 64)
        let short = "HTTP/1.1 200 OK\r\nContent-Length: 65\r\n\r\n" + String(repeating: "b", count: 65)
        let reading = Reading.whole(short)
        #expect(reading.progress == .done && reading.isTruncated && reading.keepsConnection)
    }

    @Test("heads, interim answers, trailers and chunk extensions without end are malformed")
    func endless() {
        func reading(_ start: String, _ line: String, _ count: Int) -> Reading {
            Reading.whole(start + String(repeating: line, count: count))
        }
        let long = "X: " + String(repeating: "v", count: 997) + "\r\n"
        #expect(reading("HTTP/1.1 200 OK\r\n", long, 65).progress == .more)
        #expect(reading("HTTP/1.1 200 OK\r\n", long, 66).progress == .malformed(""))
        #expect(reading("HTTP/1.1 200 OK\r\nX: ", "v", 65_536).progress == .malformed(""))
        #expect(reading("", "HTTP/1.1 100 Continue\r\n\r\n", 16).progress == .more)
        #expect(reading("", "HTTP/1.1 100 Continue\r\n\r\n", 17).progress == .malformed(""))
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        #expect(
            reading(chunked, "1;" + String(repeating: "e", count: 997) + "\r\n-\r\n", 66).progress
                == .malformed(""))
        #expect(reading(chunked, "1\r\n-\r\n", 50_000).progress == .more)
        #expect(reading(chunked + "0\r\n", long, 66).progress == .malformed(""))
    }

    @Test("whole, in pieces and byte by byte mean the same: 20,000 answers with changes at random")
    func pieces() {
        var generator = SeededGenerator(seed: 20_260_217)
        var tally = [0, 0, 0]
        let texts = AnswerTexts.good + AnswerTexts.bad
        for round in 0..<20_000 {
            let good = AnswerTexts.good[round % AnswerTexts.good.count]
            let bytes =
                round < texts.count
                ? Array(texts[round].utf8) : AnswerTexts.mutated(good, by: &generator)
            let maxBodyBytes = round % 3 == 0 ? 4 : 64
            let whole = Reading(bytes, maxBodyBytes: maxBodyBytes) { _ in .max / 2 }
            let single = Reading(bytes, maxBodyBytes: maxBodyBytes) { _ in 1 }
            let split = Reading(bytes, maxBodyBytes: maxBodyBytes) { _ in
                Int.random(in: 1...40, using: &generator)
            }
            guard whole == single, whole == split else {
                Issue.record("round \(round): \(String(decoding: bytes, as: UTF8.self).debugDescription)")
                return
            }
            tally[whole.progress == .done ? 0 : whole.progress == .more ? 1 : 2] += 1
        }
        // All three occur, or the changes would prove nothing.
        #expect(tally.allSatisfy { $0 > 500 }, "\(tally)")
    }
}
