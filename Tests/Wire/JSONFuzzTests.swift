import Testing
import Wire

/// Random values written and read back, and random damage done to good texts.
@Suite struct JSONFuzzTests {
    private static func write(_ json: JSON, to writer: inout JSONWriter) {
        switch json {
        case .null: writer.null()
        case .bool(let value): writer.bool(value)
        case .integer(let value): writer.integer(value)
        case .double(let value): writer.double(value)
        case .string(let value): writer.string(value)
        case .array(let elements):
            writer.beginArray()
            for element in elements { write(element, to: &writer) }
            writer.endArray()
        case .object(let object):
            writer.beginObject()
            for member in object.members {
                writer.key(member.key)
                write(member.value, to: &writer)
            }
            writer.endObject()
        }
    }

    private static func text(_ random: inout SplitMix64) -> String {
        var scalars = String.UnicodeScalarView()
        for _ in 0..<random.next() % 12 {
            let range: UInt64 = [0x20, 0x80, 0x800, 0x1_0000, 0x11_0000][Int(random.next() % 5)]
            scalars.append(Unicode.Scalar(UInt32(random.next() % range)) ?? "\u{FFFD}")
        }
        return String(scalars)
    }

    private static func value(depth: Int, _ random: inout SplitMix64) -> JSON {
        switch random.next() % (depth > 0 ? 8 : 6) {
        case 0: return .null
        case 1: return .bool(random.next() % 2 == 0)
        case 2: return .integer(Int64(bitPattern: random.next()) >> Int64(random.next() % 64))
        case 3:
            let double = Double(bitPattern: random.next())
            return .double(double.isFinite ? double : 0.5)
        case 4, 5: return .string(text(&random))
        case 6:
            let count = Int(random.next() % 6)
            return .array((0..<count).map { _ in value(depth: depth - 1, &random) })
        default:
            var object = JSONObject()
            for _ in 0..<random.next() % 24 {
                _ = object.add(text(&random), value(depth: depth - 1, &random))
            }
            return .object(object)
        }
    }

    @Test(arguments: 0..<8) func roundTrips(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        for _ in 0..<150 {
            let json = Self.value(depth: 4, &random)
            var writer = JSONWriter()
            Self.write(json, to: &writer)
            #expect(try JSON.parse(writer.bytes, limits: .document) == json)
        }
    }

    /// Damaged texts are refused, or mean something that can be written and read back.
    @Test(arguments: 0..<8) func damagedTexts(seed: Int) throws {
        var random = SplitMix64(seed: 100 + UInt64(seed))
        let tokens: [[UInt8]] = [
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "null", "1e", "-", "\u{0}", "é",
        ]
        .map { Array($0.utf8) }
        for _ in 0..<300 {
            var writer = JSONWriter()
            Self.write(Self.value(depth: 3, &random), to: &writer)
            var bytes = writer.bytes
            for _ in 0...random.next() % 4 {
                let place = Int(random.next() % UInt64(bytes.count + 1))
                switch random.next() % 4 {
                case 0 where place < bytes.count: bytes[place] = UInt8(truncatingIfNeeded: random.next())
                case 1 where place < bytes.count: bytes.remove(at: place)
                case 2: bytes.insert(contentsOf: tokens[Int(random.next() % UInt64(tokens.count))], at: place)
                default: bytes.removeSubrange(place...)
                }
            }
            let json: JSON
            do {
                json = try JSON.parse(bytes, limits: .record)
            } catch {
                #expect((0...bytes.count).contains(error.offset))
                #expect(!error.reason.isEmpty)
                continue
            }
            var again = JSONWriter()
            Self.write(json, to: &again)
            #expect(try JSON.parse(again.bytes, limits: .document) == json)
        }
    }

    /// Pure noise out of the bytes that mean something.
    @Test func noise() {
        var random = SplitMix64(seed: 200)
        let alphabet = Array("{}[]:,\"\\ue0123456789+-.truefalsn \n\u{E9}".utf8)
        for _ in 0..<20_000 {
            let length = Int(random.next() % 24)
            let bytes = (0..<length).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }
            _ = try? JSON.parse(bytes, limits: .request)
        }
    }
}
