import Testing
import Wire

@testable import Recommend

@Suite("Compressors")
struct CompressionTests {
    /// Nothing, a byte, words, what cannot be made smaller, and more than a window of either.
    private static let inputs: [[UInt8]] = {
        var random = SplitMix64(seed: 7)
        let noise = (0..<20_000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        let words = (0..<12_000).flatMap { _ in
            Array(["lantern ", "dragon ", "红包", "gift,", "\n"].randomElement(using: &random)!.utf8)
        }
        return [[], [0], Array("hello".utf8), noise, words, words + noise + words]
    }()

    private func gzip(_ input: [UInt8]) throws -> [UInt8] {
        try input.withUnsafeBufferPointer { try GzipEncoder.encode($0) }
    }

    private func brotli(_ input: [UInt8]) throws -> [UInt8] {
        try input.withUnsafeBufferPointer { try BrotliEncoder.encode($0) }
    }

    @Test("what zlib is given comes back, in one gzip member")
    func gzipped() throws {
        for input in Self.inputs {
            let output = try gzip(input)
            #expect(output.prefix(3) == [0x1f, 0x8b, 8])
            #expect(try Decoders.gunzip(output, room: input.count) == input)
        }
        #expect(try gzip(Self.inputs[4]).count < Self.inputs[4].count / 4)
    }

    @Test("what brotli is given comes back", .enabled(if: Decoders.haveBrotli))
    func brotlied() throws {
        for input in Self.inputs {
            #expect(try Decoders.unbrotli(try brotli(input), room: input.count) == input)
        }
    }

    @Test("what is too long for the best quality comes back too", .enabled(if: Decoders.haveBrotli))
    func long() throws {
        let input = Array(repeatElement(Self.inputs[4], count: 10).joined())
        #expect(input.count > BrotliEncoder.slowBytes)
        let output = try brotli(input)
        #expect(try Decoders.unbrotli(output, room: input.count) == input)
        #expect(output.count < input.count / 4)
    }

    @Test("the same input gives the same bytes, on which tags rest")
    func deterministic() throws {
        for input in Self.inputs {
            #expect(try gzip(input) == gzip(input) && brotli(input) == brotli(input))
        }
    }
}
