import CampaignFiles
import Testing
import Wire

@testable import Reconciler

/// Files of order IDs as the world makes them, read in pieces of any size.
@Suite struct IDFileTests {
    struct Reading<ID: DiffID> {
        var ids: [ID] = []
        var tally = Tally()
        var pieces: [PieceTally] = []

        var set: Set<ID> { Set(ids) }
    }

    /// - Parameters:
    ///   - chunk: bytes read at a time.
    ///   - cuts: where the file is cut into pieces.
    static func read<ID: DiffID>(
        _ bytes: [UInt8], _ type: ID.Type = UInt64.self, name: String = "f",
        as format: SideFormat = SideFormat(),
        chunk: Int = 1 << 16, cuts: [UInt64] = [], lanes: Set<UInt32>? = nil, isPartAllowed: Bool = false
    ) throws -> Reading<ID> {
        let folder = try FileDiffFolder()
        let file = try InputFile(folder.write(name, bytes), name: name, side: .should, as: format)
        var reading = Reading<ID>()
        var both: [UInt64] = []
        for (start, end) in zip([0] + cuts, cuts + [.max]) {
            let reader = PieceReader<ID>(
                piece: FilePiece(file: file, start: start, end: end), lanes: lanes,
                isPartAllowed: isPartAllowed,
                readBytes: chunk,
                take: { ids throws(ReadStop) in reading.ids += ids },
                ambiguous: { _, id throws(ReadStop) in both.append(UInt64(truncatingIfNeeded: id)) })
            reading.pieces.append(try reader.read())
        }
        reading.tally = reading.pieces.total
        let isText = !reading.pieces.textFiles.isEmpty
        reading.ids += both.map { ID(truncatingIfNeeded: isText ? BothWays.asText($0) : $0) }
        return reading
    }

    static func read(_ text: String, chunk: Int = 1 << 16) throws -> Reading<UInt64> {
        try read(Array(text.utf8), chunk: chunk)
    }

    static func text(_ id: UInt64) -> String { String(decoding: CrockfordBase32.encode(id), as: UTF8.self) }

    @Test func bothFormsMixed() throws {
        let file = try Self.read(
            "7\n\(Self.text(7))\n\(Self.text(.max).lowercased())\n18446744073709551615\n0")
        #expect(file.ids == [7, 7, .max, .max, 0])
        #expect(file.tally.leftOut == 0 && file.tally.lines == 5)
    }

    @Test(arguments: [1, 2, 5, 1 << 16]) func lineEndsBlanksAndByteOrderMark(chunk: Int) throws {
        let file = try Self.read("\u{FEFF}5\r\n\t 6 \r\n\r\n   \n\n7", chunk: chunk)
        #expect(file.ids == [5, 6, 7])
        #expect(file.tally.leftOut == 0 && file.tally.lines == 6)
    }

    @Test func emptyFiles() throws {
        for text in ["", "\n", "\r\n\r\n", "\u{FEFF}"] {
            let file = try Self.read(text)
            #expect(file.ids.isEmpty && file.tally.ids == 0 && file.tally.leftOut == 0)
        }
    }

    @Test func everyLengthOfDecimalNumbers() throws {
        var ids: [UInt64] = [0, .max, .max - 1]
        var power: UInt64 = 1
        for _ in 0..<20 {
            ids += [power, power - 1, power + 1, power &* 9 &- 3]
            power = power &* 10
        }
        ids.removeAll { $0 >= 1_000_000_000_000 && $0 < 10_000_000_000_000 }
        for (end, chunk) in [("\n", 1 << 16), ("\r\n", 1 << 16), ("\n", 3), ("\r\n", 7)] {
            let file = try Self.read(ids.map { "\($0)" }.joined(separator: end) + end, chunk: chunk)
            #expect(file.ids == ids)
            var decimal = SideFormat()
            decimal.form = .decimal
            let lines = Array((ids.map { "\($0)" }.joined(separator: end) + end + "1234567890123").utf8)
            #expect(try Self.read(lines, as: decimal, chunk: chunk).ids == ids + [1_234_567_890_123])
        }
    }

    @Test func leftOutLinesAreToldWithTheirNumbers() throws {
        let lines = [
            "1", "x1", "-3", "+3", "07", "18446744073709551616", "2", "3 4", "0000000000U00", "5\0", "ü",
            "99999999999999999999", "184467440737095516150",
        ]
        let bytes = Array(lines.joined(separator: "\n").utf8)
        let file = try Self.read(bytes, chunk: 3)
        #expect(file.ids == [1, 2])
        #expect(file.tally.examples.map(\.line) == [2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13])
        #expect(file.tally.counts == [.malformed: 10, .nul: 1])
        #expect(file.tally.examples[7].text == "5\\x00")
        #expect(file.tally.examples[8].text == "\\xc3\\xbc")
        // Cut anywhere, it tells the same.
        for cut in 1..<UInt64(bytes.count) {
            let other = try Self.read(bytes, chunk: 5, cuts: [cut])
            #expect(other.ids == file.ids && other.tally == file.tally)
        }
    }

    @Test(arguments: [7, 1000, 1 << 16]) func aVeryLongLineIsOneLineThatIsLeftOut(chunk: Int) throws {
        let most = RowFormat.plain.maxLineBytes
        let fits = String(repeating: " ", count: most - 1) + "3"
        let long = String(repeating: "1", count: 300_000)
        let text = "1\n\(fits)\n \(fits)\n\(long)\n2\n\(long)"
        let file = try Self.read(text, chunk: chunk)
        #expect(file.ids == [1, 3, 2])
        #expect(file.tally.examples.map(\.line) == [3, 4, 6])
        #expect(file.tally.counts == [.tooLong: 3])
        #expect(file.tally.examples.allSatisfy { $0.text.utf8.count < 100 })
        let cut = try Self.read(
            Array(text.utf8), chunk: chunk, cuts: [1_000, 2_049, 100_000, 200_000, 302_060])
        #expect(cut.ids == file.ids && cut.tally == file.tally)
    }

    @Test func onlyTheFirstHundredAreKeptAndAllAreCounted() throws {
        let file = try Self.read(String(repeating: "?\n", count: 1_000))
        #expect(file.tally.counts == [.malformed: 1_000])
        #expect(file.tally.examples.map(\.line) == Array(1...100))
    }

    @Test func thirteenDigitsFollowTheRestOfTheirFile() throws {
        let digits = "1234567890123"
        let asText = CrockfordBase32.decode(Array(digits.utf8)) ?? 0
        #expect(try Self.read(digits).ids == [1_234_567_890_123])
        #expect(try Self.read("\(digits)\n5").set == [5, 1_234_567_890_123])
        #expect(try Self.read("\(digits)\n\(Self.text(5))").set == [5, asText])
        #expect(try Self.read("\(Self.text(5))\n\(digits)\n5").set == [5, 1_234_567_890_123])
        // What begins with 0 is text in every file.
        #expect(try Self.read("0000000000010\n5").set == [5, 32])
    }

    @Test func wideForms() throws {
        let id: UInt128 = 0x0123_4567_89AB_CDEF_FEDC_BA98_7654_3210
        let uuid = "01234567-89ab-CDEF-fedc-ba9876543210"
        let cases: [(IDForm, String, [UInt128], Int)] = [
            (
                .hex,
                "0123456789abcdefFEDCBA9876543210\nff\n\n1234567890123\nxyz\n"
                    + String(repeating: "1", count: 33),
                [id, 255, 0x1_2345_6789_0123], 2
            ),
            (
                .uuid,
                "\(uuid)\r\n\(uuid.dropLast())\n \(uuid.uppercased())\n0123456-789ab-cdef-fedc-ba9876543210",
                [id, id], 2
            ),
            (
                .decimal128, "\(id)\n0\n\(UInt128.max)\n340282366920938463463374607431768211456\n07",
                [id, 0, .max], 2
            ),
        ]
        for (form, text, ids, leftOut) in cases {
            var format = SideFormat()
            format.form = form
            let file = try Self.read(Array(text.utf8), UInt128.self, as: format, chunk: 11)
            #expect(file.ids == ids)
            #expect(file.tally.counts == [.malformed: leftOut])
            for id in ids {
                var bytes: [UInt8] = []
                id.append(to: &bytes, as: form)
                #expect(try Self.read(bytes, UInt128.self, as: format).ids == [id])
            }
        }
    }

    @Test func theMixIsABijection() {
        var random = SplitMix64(seed: 1)
        var ids: [UInt64] = [0, 1, .max] + (0..<1_000).map { _ in random.next() }
        ids += (0..<1_000).map { 60_000_000 << 32 | UInt64($0) }
        for id in ids {
            #expect(UInt64.unscramble(UInt64.scramble(id)) == id)
            let wide = UInt128(id) << 64 | UInt128(id ^ 5)
            #expect(UInt128.unscramble(UInt128.scramble(wide)) == wide)
        }
        // IDs that follow each other are spread over all partitions.
        let partitions = Set(
            (0..<20_000 as Range<UInt64>).map { Partitions.of(UInt64.scramble(7 << 32 | $0)) })
        #expect(partitions.count == Partitions.count)
        let wide = Set((0..<20_000 as Range<UInt128>).map { Partitions.of(UInt128.scramble($0)) })
        #expect(wide.count == Partitions.count)
    }

    /// Bytes that are half IDs, half garbage, against a reading by split and the standard library.
    @Test(arguments: 0..<40) func fuzzAgainstANaiveReading(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        // Keeps every file of this test one of decimal numbers, so that 13 digits are decimal.
        var bytes = Array("3\n".utf8)
        for _ in 0..<400 {
            switch random.next() % 9 as UInt64 {
            case 0, 1:
                bytes += Array(String((random.next() as UInt64) >> (random.next() % 64 as UInt64)).utf8)
            case 2:
                bytes += CrockfordBase32.encode(
                    (random.next() as UInt64) >> (4 + random.next() % 60 as UInt64))
            case 3: bytes.append(UInt8(truncatingIfNeeded: random.next() as UInt64))
            case 4: bytes += [13]
            case 5: bytes += [32]
            case 6:
                let count = Int(random.next() % 1500 as UInt64)
                bytes += Array(repeating: 48 + UInt8(random.next() % 10 as UInt64), count: count)
            default: bytes += [10]
            }
        }
        var (naive, bad) = ([UInt64](), [Int]())
        for (index, line) in bytes.split(separator: 10, omittingEmptySubsequences: false).enumerated() {
            var body = line.count > RowFormat.plain.maxLineBytes ? [63] : Array(line)
            while let last = body.last, [9, 13, 32].contains(last) { body.removeLast() }
            while let first = body.first, [9, 13, 32].contains(first) { body.removeFirst() }
            if body.isEmpty { continue }
            let text = String(decoding: body, as: UTF8.self)
            if body.allSatisfy({ (48...57).contains($0) }), body[0] != 48 || body.count == 1,
                let id = UInt64(text)
            {
                naive.append(id)
            } else if let id = CrockfordBase32.decode(body) {
                naive.append(id)
            } else {
                bad.append(index + 1)
            }
        }
        var cuts = Set((0..<4).map { _ in 1 + random.next() % UInt64(bytes.count) })
        cuts.insert(2)
        let chunk = 1 + Int(random.next() % 700 as UInt64)
        let file = try Self.read(bytes, chunk: chunk, cuts: cuts.sorted())
        #expect(file.ids.sorted() == naive.sorted())
        #expect(file.tally.ids == naive.count)
        #expect(file.tally.leftOut == bad.count)
        #expect(file.tally.examples.map(\.line) == bad.prefix(file.tally.examples.count).map { $0 })
    }
}
