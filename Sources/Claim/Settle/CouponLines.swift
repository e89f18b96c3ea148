import CampaignFiles
import Glibc
import Wire

/// The coupons' file, read forward a few lines at a time.
///
/// One coupon token a line, up to its first tab; empty lines and those that begin with `#` are passed over.
/// A file of refused lines (token, tab, why) is hence a file of coupons too. One owner.
final class CouponLines {
    /// Bytes of a line, its end included.
    static let maxLineBytes = 4096
    private static let chunkBytes = 64 << 10

    /// Some coupons, and where in the file they end.
    struct Taken: Equatable {
        var coupons: [String] = []
        /// Bytes read with them, passed-over lines included, and the CRC-32 of all bytes so far.
        var offset: UInt64
        var sum: UInt32
    }

    private let path: String
    private let descriptor: Int32
    /// Read and not yet taken.
    private var ahead: [UInt8] = []
    private var at = 0
    private var isAtEnd = false
    private var offset: UInt64 = 0
    private var sum: UInt32 = 0

    /// Opens the file and goes to where a run left off.
    ///
    /// - Throws: ``SettleFault`` where the first `offset` bytes are not those of the checkpoint.
    init(_ path: String, from checkpoint: SettleCheckpoint) throws {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SettleFault.file(path, errno) }
        try pass(checkpoint.offset)
        guard sum == checkpoint.sum, offset == checkpoint.offset else {
            throw SettleFault(
                SettleFault.badData, "\(path): is not the file that the checkpoint is of, or was changed")
        }
    }

    deinit { close(descriptor) }

    /// The next coupons; none at the file's end.
    func next(_ most: Int) throws -> Taken {
        var coupons = [String]()
        while coupons.count < most, let line = try nextLine() {
            let token = line.prefix { $0 != UInt8(ascii: "\t") && $0 != UInt8(ascii: "\r") }
            guard let first = token.first, first != UInt8(ascii: "#") else { continue }
            coupons.append(String(decoding: token, as: UTF8.self))
        }
        return Taken(coupons: coupons, offset: offset, sum: sum)
    }

    /// Reads over what is done already, for its sum.
    private func pass(_ bytes: UInt64) throws {
        while offset < bytes {
            if at == ahead.count {
                guard try readAhead() else { return }
            }
            consume(min(ahead.count - at, Int(min(bytes - offset, UInt64(Int.max)))))
        }
    }

    private func nextLine() throws -> ArraySlice<UInt8>? {
        var searched = at
        while true {
            if let end = ahead[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = ahead[at..<end]
                consume(end + 1 - at)
                return line
            }
            let pending = ahead.count - at
            guard pending <= Self.maxLineBytes else {
                throw SettleFault(
                    SettleFault.badData,
                    "\(path): the line at byte \(offset) is longer than \(Self.maxLineBytes) bytes")
            }
            if isAtEnd {
                guard pending > 0 else { return nil }
                let line = ahead[at...]
                consume(pending)
                return line
            }
            // Reading ahead moves what is pending to the front.
            _ = try readAhead()
            searched = at + pending
        }
    }

    private func consume(_ count: Int) {
        ahead.withUnsafeBytes { bytes in
            sum = crc32(UnsafeRawBufferPointer(rebasing: bytes[at..<at + count]), after: sum)
        }
        at += count
        offset += UInt64(count)
    }

    /// False at the file's end.
    private func readAhead() throws -> Bool {
        ahead.removeFirst(at)
        at = 0
        var chunk = [UInt8](repeating: 0, count: Self.chunkBytes)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SettleFault.file(path, errno) }
            ahead += chunk[..<count]
            isAtEnd = count == 0
            return count > 0
        }
    }
}
