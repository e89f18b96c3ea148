import CZlib

/// gzip (RFC 1952), at its smallest.
///
/// The same input gives the same bytes: the header holds neither a time nor a name.
enum GzipEncoder {
    private static let level: Int32 = 9

    static func encode(_ input: UnsafeBufferPointer<UInt8>) throws(CompressionFault) -> [UInt8] {
        precondition(input.count <= Int(UInt32.max), "more than one call of zlib takes")
        // On the heap: the library's state points back to the stream, which must not move.
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        defer { stream.deallocate() }
        let begun = hongbao_deflate_init_gzip(stream, level)
        guard begun == Z_OK else { throw CompressionFault(library: "zlib", code: begun) }
        defer { deflateEnd(stream) }

        let room = Int(deflateBound(stream, UInt(input.count)))
        var ended = Z_OK
        let output = [UInt8](unsafeUninitializedCapacity: room) { output, count in
            stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
            stream.pointee.avail_in = UInt32(input.count)
            stream.pointee.next_out = output.baseAddress
            stream.pointee.avail_out = UInt32(room)
            ended = deflate(stream, Z_FINISH)
            count = room - Int(stream.pointee.avail_out)
        }
        guard ended == Z_STREAM_END else { throw CompressionFault(library: "zlib", code: ended) }
        return output
    }
}
