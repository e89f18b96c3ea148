import Testing
import Wire

@testable import Recommend

@Suite("Range")
struct ByteRangeTests {
    @Test("one range (RFC 9110 section 14.1.2)")
    func parts() {
        let expected: [(String, Range<Int>)] = [
            ("bytes=0-499", 0..<500), ("bytes=500-999", 500..<1000), ("bytes=-500", 9500..<10_000),
            ("bytes=9500-", 9500..<10_000), ("bytes=0-0", 0..<1), ("bytes=-1", 9999..<10_000),
            ("bytes=0-", 0..<10_000), ("bytes=9999-9999", 9999..<10_000), ("bytes=9999-20000", 9999..<10_000),
            ("bytes=-20000", 0..<10_000), ("BYTES= 1-2 ", 1..<3), ("bytes=007-008", 7..<9),
            ("bytes=1-99999999999999999999999999", 1..<10_000),
            ("bytes=-99999999999999999999999999", 0..<10_000),
        ]
        for (field, range) in expected {
            #expect(ByteRange(field, length: 10_000) == .part(range), "\(field)")
        }
    }

    @Test("behind the end, or the last no bytes: unsatisfiable")
    func unsatisfiable() {
        for field in ["bytes=10000-", "bytes=10000-10001", "bytes=99999999999999999999999999-", "bytes=-0"] {
            #expect(ByteRange(field, length: 10_000) == .unsatisfiable, "\(field)")
        }
        #expect(ByteRange("bytes=0-", length: 0) == .unsatisfiable)
        // It may be had and cannot be written down.
        #expect(ByteRange("bytes=-5", length: 0) == .whole)
    }

    @Test(
        "what is not understood, and several ranges, are answered with the whole",
        arguments: [
            "", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-2", "bytes=1", "bytes=1-2-3", "bytes 1-2",
            "items=0-5", "bytes=0-1,5-6", "bytes=0-1, 20000-", "bytes=1 -2", "bytes=+1-2", "bytes=1-+2",
            "bytes=0x1-2", "bytes=--1", "byte=0-1", "bytess=0-1", "bytes=\0-1",
        ])
    func ignored(_ field: String) {
        #expect(ByteRange(field, length: 10_000) == .whole)
    }

    @Test("random fields give ranges that are within, and not empty")
    func fuzz() {
        var random = SplitMix64(seed: 3)
        let parts = ["0", "1", "9", "-", "-", ",", " ", "=", "99999999999"]
        for _ in 0..<20_000 {
            let field =
                "bytes="
                + (0..<Int.random(in: 0...6, using: &random))
                .map { _ in parts.randomElement(using: &random)! }.joined()
            let length = Int.random(in: 0...120, using: &random)
            guard case .part(let range) = ByteRange(field, length: length) else { continue }
            #expect(!range.isEmpty && range.lowerBound >= 0 && range.upperBound <= length, "\(field)")
        }
    }
}
