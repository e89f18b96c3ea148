import Testing
import Wire

@testable import Reconciler

/// Files of order IDs as the world makes them.
@Suite struct IDFileTests {
    /// Reads bytes as if they came in chunks of so many.
    static func read(
        _ bytes: [UInt8], chunk: Int = 1 << 16, onMalformed: (MalformedLine) -> Void = { _ in }
    ) -> IDFile {
        var file = IDFile(name: "f")
        var splitter = LineSplitter()
        for start in stride(from: 0, to: bytes.count, by: chunk) {
            bytes[start..<min(start + chunk, bytes.count)].withUnsafeBufferPointer { piece in
                splitter.add(piece) { file.add($0, number: $1, isTooLong: $2, onMalformed: onMalformed) }
            }
        }
        splitter.end { file.add($0, number: $1, isTooLong: $2, onMalformed: onMalformed) }
        file.finish()
        return file
    }

    static func read(_ text: String, chunk: Int = 1 << 16) -> IDFile { read(Array(text.utf8), chunk: chunk) }

    static func text(_ id: UInt64) -> String { String(decoding: CrockfordBase32.encode(id), as: UTF8.self) }

    @Test func bothFormsMixed() {
        let file = Self.read("7\n\(Self.text(7))\n\(Self.text(.max).lowercased())\n18446744073709551615\n0")
        #expect(file.ids == [0, 7, .max])
        #expect(file.duplicates == 2)
        #expect(file.malformed == 0)
    }

    @Test func lineEndsBlanksAndByteOrderMark() {
        let file = Self.read("\u{FEFF}5\r\n\t 6 \r\n\r\n   \n\n7", chunk: 2)
        #expect(file.ids == [5, 6, 7])
        #expect(file.malformed == 0)
    }

    @Test func emptyFiles() {
        for text in ["", "\n", "\r\n\r\n", "\u{FEFF}"] {
            let file = Self.read(text)
            #expect(file.ids.isEmpty && file.lines == 0 && file.malformed == 0)
        }
    }

    @Test func malformedLinesAreToldWithTheirNumbers() {
        var told = [Int]()
        let lines = [
            "1", "x1", "-3", "+3", "07", "18446744073709551616", "2", "3 4", "0000000000U00", "5\0", "ü",
        ]
        let file = Self.read(Array(lines.joined(separator: "\n").utf8), chunk: 3) { told.append($0.line) }
        #expect(file.ids == [1, 2])
        #expect(told == [2, 3, 4, 5, 6, 8, 9, 10, 11])
        #expect(file.examples.map(\.line) == told)
        #expect(file.examples[7].text == "5\\x00")
        #expect(file.examples[8].text == "\\xc3\\xbc")
    }

    @Test(arguments: [7, 1000, 1 << 16]) func aVeryLongLineIsOneMalformedLine(chunk: Int) {
        let fits = String(repeating: " ", count: LineSplitter.maxLineBytes - 1) + "3"
        let long = String(repeating: "1", count: 300_000)
        let file = Self.read("1\n\(fits)\n \(fits)\n\(long)\n2\n\(long)", chunk: chunk)
        #expect(file.ids == [1, 2, 3])
        #expect(file.examples.map(\.line) == [3, 4, 6])
        #expect(file.examples.allSatisfy { $0.text.utf8.count < 100 })
    }

    @Test func onlyTheFirstHundredMalformedLinesAreKeptAndAllAreCounted() {
        let file = Self.read(String(repeating: "?\n", count: 1_000))
        #expect(file.malformed == 1_000)
        #expect(file.examples.map(\.line) == Array(1...100))
    }

    @Test func thirteenDigitsFollowTheRestOfTheirFile() {
        let digits = "1234567890123"
        let asText = CrockfordBase32.decode(Array(digits.utf8)) ?? 0
        #expect(Self.read(digits).ids == [1_234_567_890_123])
        #expect(Self.read("\(digits)\n5").ids == [5, 1_234_567_890_123])
        #expect(Self.read("\(digits)\n\(Self.text(5))").ids == [5, asText])
        #expect(Self.read("\(Self.text(5))\n\(digits)\n5").ids == [5, 1_234_567_890_123])
        // What begins with 0 is text in every file.
        #expect(Self.read("0000000000010\n5").ids == [5, 32])
    }

    /// Bytes that are half IDs, half garbage, against a reading by split and the standard library.
    @Test(arguments: 0..<40) func fuzzAgainstANaiveReading(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        var bytes = [UInt8]()
        for _ in 0..<300 {
            switch random.next() % 8 {
            case 0: bytes += Array(String(random.next() >> (random.next() % 64)).utf8)
            case 1: bytes += CrockfordBase32.encode(random.next() >> (4 + random.next() % 60))
            case 2: bytes.append(UInt8(truncatingIfNeeded: random.next()))
            case 3: bytes += [13]
            case 4: bytes += [32]
            case 5:
                bytes += Array(repeating: 48 + UInt8(random.next() % 10), count: Int(random.next() % 1500))
            default: bytes += [10]
            }
        }
        var naive: Set<UInt64> = []
        var bad = [Int]()
        for (index, line) in bytes.split(separator: 10, omittingEmptySubsequences: false).enumerated() {
            var body = line.count > LineSplitter.maxLineBytes ? [63] : Array(line)
            while let last = body.last, [9, 13, 32].contains(last) { body.removeLast() }
            while let first = body.first, [9, 13, 32].contains(first) { body.removeFirst() }
            if body.isEmpty { continue }
            let text = String(decoding: body, as: UTF8.self)
            if body.allSatisfy({ (48...57).contains($0) }), body[0] != 48 || body.count == 1,
                let id = UInt64(text)
            {
                // Keeps every file of this test one of decimal numbers, so that 13 digits are decimal.
                naive.insert(id)
            } else if let id = CrockfordBase32.decode(body) {
                naive.insert(id)
            } else {
                bad.append(index + 1)
            }
        }
        let file = Self.read(Array("3\n".utf8) + bytes, chunk: 1 + Int(random.next() % 700))
        #expect(Set(file.ids) == naive.union([3]))
        #expect(file.ids == file.ids.sorted())
        #expect(file.malformed == bad.count)
        #expect(file.examples.map(\.line) == bad.prefix(IDFile.maxExamples).map { $0 + 1 })
    }
}
