import CZlib
import Glibc

/// What clients do with compressed pages.
enum Decoders {
    struct Failure: Error {
        let code: Int32
    }

    /// Whole gzip members only, checked to their trailers by zlib.
    static func gunzip(_ bytes: [UInt8], room: Int) throws -> [UInt8] {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        defer { stream.deallocate() }
        // 15 window bits + 16: gzip and nothing else.
        let begun = inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard begun == Z_OK else { throw Failure(code: begun) }
        defer { inflateEnd(stream) }
        var input = bytes
        var ended = Z_OK
        let output = input.withUnsafeMutableBufferPointer { input in
            [UInt8](unsafeUninitializedCapacity: room + 1) { output, count in
                stream.pointee.next_in = input.baseAddress
                stream.pointee.avail_in = UInt32(input.count)
                stream.pointee.next_out = output.baseAddress
                stream.pointee.avail_out = UInt32(output.count)
                ended = inflate(stream, Z_FINISH)
                count = output.count - Int(stream.pointee.avail_out)
            }
        }
        guard ended == Z_STREAM_END, stream.pointee.avail_in == 0 else { throw Failure(code: ended) }
        return output
    }

    private typealias BrotliDecode =
        @convention(c) (
            Int, UnsafePointer<UInt8>?, UnsafeMutablePointer<Int>, UnsafeMutablePointer<UInt8>?
        ) -> Int32

    /// Brotli's decoder, which libcurl brings into the process on the usual systems; the encoder's library
    /// has none, and the product needs none.
    private static let brotliDecode: BrotliDecode? = {
        guard let library = dlopen("libbrotlidec.so.1", RTLD_NOW) ?? dlopen("libbrotlidec.so", RTLD_NOW),
            let symbol = dlsym(library, "BrotliDecoderDecompress")
        else { return nil }
        return unsafeBitCast(symbol, to: BrotliDecode.self)
    }()

    static var haveBrotli: Bool { brotliDecode != nil }

    static func unbrotli(_ bytes: [UInt8], room: Int) throws -> [UInt8] {
        guard let brotliDecode else { throw Failure(code: -1) }
        var ended: Int32 = 0
        let output = [UInt8](unsafeUninitializedCapacity: room + 1) { output, count in
            count = output.count
            ended = brotliDecode(bytes.count, bytes, &count, output.baseAddress)
            if ended != 1 { count = 0 }
        }
        guard ended == 1 else { throw Failure(code: ended) }
        return output
    }
}
