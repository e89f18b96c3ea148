import CampaignFiles
import Glibc
import Wire

/// IDs of 13 digits, by their decimal reading, each with the piece of its shard: 16 bytes each, in a file
/// that is made when there is one. One thread's.
final class BothWays {
    private static let recordBytes = 16
    private let path: String
    private var file: WorkFile?
    /// Tells whether the file is still what it was.
    private(set) var sum = BothWays.start
    private static let start: UInt64 = 0

    /// Of one record more.
    private static func add(_ id: UInt64, _ piece: UInt64, to sum: UInt64) -> UInt64 {
        splitMix64(sum ^ id) &+ piece
    }

    /// The sum of a file; that of none when there is no file, nil when it cannot be read.
    static func sum(_ path: String) -> UInt64? {
        var sum = start
        do throws(ReadStop) {
            try read(path) { id, piece throws(ReadStop) in
                sum = add(id, UInt64(truncatingIfNeeded: piece), to: sum)
            }
        } catch {
            return nil
        }
        return sum
    }

    init(_ path: String) {
        self.path = path
    }

    func add(_ id: UInt64, piece: Int) throws(ReadStop) {
        do throws(FileFault) {
            if file == nil { file = try WorkFile(path) }
            sum = Self.add(id, UInt64(piece), to: sum)
            let record = (id.littleEndian, UInt64(piece).littleEndian)
            let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.recordBytes, alignment: 8)
            defer { bytes.deallocate() }
            bytes.storeBytes(of: record.0, as: UInt64.self)
            bytes.storeBytes(of: record.1, toByteOffset: 8, as: UInt64.self)
            try file?.append(UnsafeRawBufferPointer(bytes))
        } catch {
            throw .output(error)
        }
    }

    /// What an earlier reading of the shard has left is gone, when this one has nothing to tell.
    func finish() throws(ReadStop) {
        guard let file else {
            unlink(path)
            return
        }
        do { try file.finish() } catch { throw .output(error) }
    }

    /// Nothing when there is no such file.
    static func read(
        _ path: String, _ each: (_ id: UInt64, _ piece: Int) throws(ReadStop) -> Void
    ) throws(ReadStop) {
        guard access(path, F_OK) == 0 else { return }
        let room = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: recordBytes << 12)
        defer { room.deallocate() }
        var source: ByteSource
        do { source = try ByteSource(path, packing: .none) } catch { throw .input(error) }
        while true {
            var filled = 0
            while filled < room.count {
                let rest = UnsafeMutableBufferPointer(rebasing: room[filled...])
                let got: Int
                do { got = try source.read(into: rest) } catch { throw .input(error) }
                if got == 0 { break }
                filled += got
            }
            let bytes = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(room)[..<filled])
            for at in stride(from: 0, to: filled / recordBytes * recordBytes, by: recordBytes) {
                let id = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
                let piece = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at + 8, as: UInt64.self))
                try each(id, Int(truncatingIfNeeded: piece))
            }
            if filled < room.count { return }
        }
    }

    /// The text reading of 13 digits, by their decimal one.
    static func asText(_ decimal: UInt64) -> UInt64 {
        var digits: [UInt8] = []
        DecimalDigits.append(decimal, to: &digits)
        return CrockfordBase32.decode(digits) ?? decimal
    }
}
