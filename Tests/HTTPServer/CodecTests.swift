import NIOCore
import Testing
import Wire

@testable import HTTPServer

@Suite("Codec")
struct CodecTests {
    @Test("names are made of RFC 9110's tchar and nothing else")
    func token() {
        let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        let token = Set("!#$%&'*+-.^_`|~\(letters)".utf8)
        for byte in UInt8.min...UInt8.max { #expect(ByteClass.isToken(byte) == token.contains(byte)) }
    }

    @Test("hosts are made of RFC 3986's unreserved, sub-delims and escapes")
    func host() {
        let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        let name = Set("-._~%!$&'()*+,;=\(letters)".utf8)
        for byte in UInt8.min...UInt8.max {
            [UInt8(ascii: "a"), byte].withUnsafeBytes {
                // A colon with nothing behind it is an empty port.
                let isName = name.contains(byte) || byte == UInt8(ascii: ":")
                #expect(HostName.isValid($0, 0, 2) == isName)
            }
        }
    }

    @Test("hexadecimal digits")
    func nibble() {
        for byte in UInt8.min...UInt8.max {
            let character = Character(UnicodeScalar(byte))
            let digit = character.isASCII ? character.hexDigitValue : nil
            #expect(ByteClass.nibble(byte).map(Int.init) == digit)
        }
    }

    @Test("the scan for control bytes finds the first, wherever it stands")
    func scan() {
        var random = SplitMix64(seed: 1)
        func naive(_ bytes: [UInt8], _ start: Int, _ end: Int) -> Int {
            (start..<end).first { (bytes[$0] < 0x20 && bytes[$0] != 9) || bytes[$0] == 0x7F } ?? end
        }
        for _ in 0..<20_000 {
            var bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                UInt8.random(in: 0x20...0xFF, using: &random)
            }
            for _ in 0..<Int.random(in: 0...3, using: &random) where !bytes.isEmpty {
                let at = Int.random(in: bytes.indices, using: &random)
                bytes[at] = [9, 9, 0, 10, 13, 0x1F, 0x7F, 0x80, 0x20].randomElement(using: &random)!
            }
            let start = Int.random(in: 0...bytes.count, using: &random)
            let end = Int.random(in: start...bytes.count, using: &random)
            let found = bytes.withUnsafeBytes { ByteClass.firstControl($0, start, end) }
            #expect(found == naive(bytes, start, end))
        }
    }

    @Test("each refusal has a status that fits and a sentence")
    func refusals() {
        for refusal in Refusal.allCases {
            #expect([400, 413, 417, 431, 501, 505].contains(refusal.status))
            #expect(refusal.reason.description.hasSuffix("."))
        }
    }

    @Test("cases damaged in a few places read the same in any pieces", arguments: UInt64(0)..<8)
    func damaged(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let short = WireCase.all.filter { $0.bytes.count < 1_000 }
        let limits = RequestLimits(maxHeadBytes: 300, maxFields: 8, maxBodyBytes: 40)
        for _ in 0..<500 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes += short.randomElement(using: &random)!.bytes
            }
            for _ in 0..<Int.random(in: 0...4, using: &random) where !bytes.isEmpty {
                let at = Int.random(in: bytes.indices, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: at)
                default: bytes.insert(contentsOf: bytes[at...].prefix(20), at: at)
                }
            }
            var whole = ParserRun(limits: limits)
            whole.feed(bytes)
            var pieces = ParserRun(limits: limits)
            var rest = bytes[...]
            while !rest.isEmpty {
                let piece = rest.prefix(Int.random(in: 1...50, using: &random))
                rest = rest.dropFirst(piece.count)
                pieces.feed(piece)
                #expect(pieces.leftOver <= limits.maxHeadBytes)
            }
            #expect(pieces.accepted == whole.accepted)
            #expect(pieces.ending == whole.ending)
        }
    }
}
