import Testing
import Wire

@Suite struct ByteCodecTests {
    @Test func bigEndian() {
        var writer = ByteWriter()
        writer.u8(0x01)
        writer.u16(0x0203)
        writer.u32(0x0405_0607)
        writer.u48(0x0809_0A0B_0C0D)
        writer.u64(0x0E0F_1011_1213_1415)
        #expect(writer.bytes == Array(0x01...0x15))
    }

    @Test func readsWhatWasWritten() throws {
        var writer = ByteWriter()
        writer.u8(.max)
        writer.u16(.max)
        writer.u32(.max)
        writer.u48(1 << 48 - 1)
        writer.u64(.max)
        writer.varint(.max)
        writer.append([7, 8, 9])
        var reader = ByteReader(writer.bytes)
        #expect(try reader.u8() == .max)
        #expect(try reader.u16() == .max)
        #expect(try reader.u32() == .max)
        #expect(try reader.u48() == 1 << 48 - 1)
        #expect(try reader.u64() == .max)
        #expect(try reader.varint() == .max)
        #expect(reader.remaining == 3)
        #expect(try reader.bytes(3) == [7, 8, 9])
        #expect(reader.remaining == 0)
    }

    @Test func slicesStartWhereTheyStart() throws {
        let bytes: [UInt8] = [9, 9, 1, 2, 0x80, 0x01, 9]
        var reader = ByteReader(bytes[2..<6])
        #expect(try reader.u16() == 0x0102)
        #expect(try reader.varint() == 128)
        #expect(reader.remaining == 0)
    }

    @Test func aFailedReadTakesNothing() throws {
        var reader = ByteReader([1, 2, 3])
        #expect(throws: ByteReaderError.truncated) { try reader.u32() }
        #expect(throws: ByteReaderError.truncated) { try reader.u48() }
        #expect(throws: ByteReaderError.truncated) { try reader.u64() }
        #expect(throws: ByteReaderError.truncated) { try reader.bytes(4) }
        #expect(try reader.u16() == 0x0102)
        #expect(try reader.bytes(1) == [3])
        #expect(throws: ByteReaderError.truncated) { try reader.u8() }
        #expect(throws: ByteReaderError.truncated) { try reader.varint() }
    }

    @Test(
        arguments: [
            (0, [0]), (127, [0x7F]), (128, [0x80, 0x01]), (300, [0xAC, 0x02]),
            (.max, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]),
        ] as [(UInt64, [UInt8])])
    func varints(value: UInt64, bytes: [UInt8]) throws {
        var writer = ByteWriter()
        writer.varint(value)
        #expect(writer.bytes == bytes)
        var reader = ByteReader(bytes)
        #expect(try reader.varint() == value)
    }

    @Test(
        arguments: [
            [0x80, 0x00], [0xFF, 0x80, 0x00],
            [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02],
            [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
        ] as [[UInt8]])
    func refusesVarints(_ bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        #expect(throws: ByteReaderError.malformedVarint) { try reader.varint() }
        #expect(reader.remaining == bytes.count)
    }

    /// Any bytes: each read ends, takes what it says or nothing, and never more than there is.
    @Test func hostileBytes() {
        var random = SplitMix64(seed: 6)
        for _ in 0..<5000 {
            let length = Int(random.next() % 24)
            let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next() | random.next()) }
            var reader = ByteReader(bytes)
            var steps = 0
            while steps < 32 {
                steps += 1
                let before = reader.remaining
                let succeeded: Bool
                switch random.next() % 6 {
                case 0: succeeded = (try? reader.u8()) != nil
                case 1: succeeded = (try? reader.u16()) != nil
                case 2: succeeded = (try? reader.u48()) != nil
                case 3: succeeded = (try? reader.u64()) != nil
                case 4: succeeded = (try? reader.varint()) != nil
                default: succeeded = (try? reader.bytes(Int(random.next() % 5))) != nil
                }
                #expect(succeeded ? reader.remaining <= before : reader.remaining == before)
            }
        }
    }

    @Test func varintsRoundTrip() throws {
        var random = SplitMix64(seed: 7)
        for _ in 0..<2000 {
            let value = random.next() >> (random.next() % 64)
            var writer = ByteWriter()
            writer.varint(value)
            #expect(writer.bytes.count <= 10)
            var reader = ByteReader(writer.bytes)
            #expect(try reader.varint() == value)
            #expect(reader.remaining == 0)
        }
    }
}
