import CZlib
import CZstd
import CampaignFiles
import Glibc

/// How a file is packed, told by its first bytes and not by its name.
enum Packing: Sendable, Equatable {
    case none
    /// RFC 1952.
    case gzip
    /// RFC 8878.
    case zstd

    init(firstBytes bytes: [UInt8]) {
        if bytes.starts(with: [0x1F, 0x8B]) {
            self = .gzip
        } else if bytes.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) {
            self = .zstd
        } else {
            self = .none
        }
    }
}

/// The bytes of a file, unpacked, piece by piece. One thread's.
struct ByteSource: ~Copyable {
    /// Packed bytes read at a time.
    private static let packedBytes = 256 << 10

    private let path: String
    private let descriptor: Int32
    private var offset: off_t
    private let packing: Packing
    /// What was read and is not unpacked yet.
    private var packed: UnsafeMutableBufferPointer<UInt8>
    private var (packedAt, packedEnd) = (0, 0)
    /// On the heap: zlib remembers where it lies, and this value moves.
    private let gzip: UnsafeMutablePointer<z_stream>?
    private let zstd: OpaquePointer?
    /// Between two members or frames, where the file may end.
    private var isWhole = true
    /// The unpacker has room for more than it was given last time.
    private var mayHoldMore = false

    /// - Parameter offset: where to begin; 0 in a packed file.
    init(_ path: String, packing: Packing, from offset: UInt64 = 0) throws(FileFault) {
        self.path = path
        self.packing = packing
        self.offset = off_t(offset)
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        let reason = String(cString: strerror(errno))
        packed = .allocate(capacity: packing == .none ? 0 : Self.packedBytes)
        gzip = packing == .gzip ? .allocate(capacity: 1) : nil
        gzip?.initialize(to: z_stream())
        zstd = packing == .zstd ? ZSTD_createDStream() : nil
        guard descriptor >= 0 else { throw FileFault(path: path, reason: reason) }
        let isReady = packing != .gzip || hongbao_inflate_init_gzip(gzip) == Z_OK
        guard isReady, packing != .zstd || zstd != nil else {
            throw FileFault(path: path, reason: "no memory to unpack it")
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        if let gzip {
            inflateEnd(gzip)
            gzip.deallocate()
        }
        ZSTD_freeDStream(zstd)
        packed.deallocate()
    }

    /// Fills at most the room; 0 = the file has ended, and is whole.
    mutating func read(into room: UnsafeMutableBufferPointer<UInt8>) throws(FileFault) -> Int {
        if packing == .none { return try readFile(into: room) }
        while true {
            if packedAt == packedEnd, !mayHoldMore {
                packedEnd = try readFile(into: packed)
                packedAt = 0
                if packedEnd == 0 {
                    guard isWhole else { throw fault("ends too early: it is cut off") }
                    return 0
                }
            }
            let count = packing == .gzip ? try unpackGzip(into: room) : try unpackZstd(into: room)
            if count > 0 { return count }
        }
    }

    private mutating func readFile(into room: UnsafeMutableBufferPointer<UInt8>) throws(FileFault) -> Int {
        while true {
            let count = pread(descriptor, room.baseAddress, room.count, offset)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw fault(String(cString: strerror(errno))) }
            offset += off_t(count)
            return count
        }
    }

    private mutating func unpackGzip(into room: UnsafeMutableBufferPointer<UInt8>) throws(FileFault) -> Int {
        guard let gzip else { return 0 }
        if isWhole, packedAt < packedEnd {
            // What follows a member is another one, or zeros, which tapes and disks leave (as gzip(1) has
            // it).
            if packed[packedAt] == 0 {
                packedAt += 1
                return 0
            }
            inflateReset(gzip)
            isWhole = false
        }
        gzip.pointee.next_in = packed.baseAddress! + packedAt
        gzip.pointee.avail_in = UInt32(packedEnd - packedAt)
        gzip.pointee.next_out = room.baseAddress
        gzip.pointee.avail_out = UInt32(min(room.count, 1 << 30))
        let given = Int(gzip.pointee.avail_out)
        let result = inflate(gzip, Z_NO_FLUSH)
        packedAt = packedEnd - Int(gzip.pointee.avail_in)
        mayHoldMore = gzip.pointee.avail_out == 0 && result == Z_OK
        switch result {
        case Z_OK, Z_BUF_ERROR: break
        case Z_STREAM_END: isWhole = true
        default:
            throw fault(
                "is damaged: gzip says \(gzip.pointee.msg.map { String(cString: $0) } ?? "\(result)")")
        }
        return given - Int(gzip.pointee.avail_out)
    }

    private mutating func unpackZstd(into room: UnsafeMutableBufferPointer<UInt8>) throws(FileFault) -> Int {
        var input = ZSTD_inBuffer(src: packed.baseAddress, size: packedEnd, pos: packedAt)
        var output = ZSTD_outBuffer(dst: room.baseAddress, size: room.count, pos: 0)
        let result = ZSTD_decompressStream(zstd, &output, &input)
        guard ZSTD_isError(result) == 0 else {
            throw fault("is damaged: zstd says \(String(cString: ZSTD_getErrorName(result)))")
        }
        packedAt = input.pos
        isWhole = result == 0
        mayHoldMore = output.pos == room.count && result != 0
        return output.pos
    }

    private func fault(_ reason: String) -> FileFault { FileFault(path: path, reason: reason) }
}
