import CBrotli

/// brotli (RFC 7932), at its smallest where that is quick enough.
///
/// One call, whose memory the library frees itself.
enum BrotliEncoder {
    /// Up to here at the highest quality (about a second a MiB), beyond it at one that is twenty times as
    /// quick and a tenth larger.
    static let slowBytes = 512 << 10
    private static let slowQuality: Int32 = 11
    private static let quickQuality: Int32 = 6

    static func encode(_ input: UnsafeBufferPointer<UInt8>) throws(CompressionFault) -> [UInt8] {
        let room = BrotliEncoderMaxCompressedSize(input.count)
        let quality = input.count <= slowBytes ? slowQuality : quickQuality
        var wasEncoded = BROTLI_FALSE
        let output = [UInt8](unsafeUninitializedCapacity: room) { output, count in
            count = room
            wasEncoded = BrotliEncoderCompress(
                quality, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_TEXT, input.count, input.baseAddress, &count,
                output.baseAddress)
            if wasEncoded == BROTLI_FALSE { count = 0 }
        }
        guard wasEncoded != BROTLI_FALSE else { throw CompressionFault(library: "brotli", code: 0) }
        return output
    }
}
