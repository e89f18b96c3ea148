/// Cuts a stream of bytes into lines with bounded memory: what is longer than ``maxLineBytes`` is told as
/// such and its rest is thrown away as it comes.
struct LineSplitter {
    static let maxLineBytes = 1024

    private var line: [UInt8] = []
    private var isTooLong = false
    private(set) var number = 0
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    init() {
        line.reserveCapacity(Self.maxLineBytes)
    }

    /// Takes the next bytes of the stream. `each` gets every line that ends in them: its bytes without the
    /// LF, its number from 1, and whether it was cut at the maximum.
    mutating func add(
        _ chunk: UnsafeBufferPointer<UInt8>, _ each: (UnsafeBufferPointer<UInt8>, Int, Bool) -> Void
    ) {
        var start = 0
        while start < chunk.count {
            let rest = UnsafeBufferPointer(rebasing: chunk[start...])
            guard let length = rest.firstIndex(of: UInt8(ascii: "\n")) else {
                keep(rest)
                return
            }
            let piece = UnsafeBufferPointer(rebasing: rest[..<length])
            if line.isEmpty, !isTooLong, piece.count <= Self.maxLineBytes {
                tell(piece, false, each)
            } else {
                keep(piece)
                flush(each)
            }
            start += length + 1
        }
    }

    /// The stream has ended; a last line needs no LF.
    mutating func end(_ each: (UnsafeBufferPointer<UInt8>, Int, Bool) -> Void) {
        if !line.isEmpty || isTooLong { flush(each) }
    }

    private mutating func keep(_ piece: UnsafeBufferPointer<UInt8>) {
        let room = Self.maxLineBytes - line.count
        line.append(contentsOf: piece.prefix(room))
        if piece.count > room { isTooLong = true }
    }

    private mutating func flush(_ each: (UnsafeBufferPointer<UInt8>, Int, Bool) -> Void) {
        let (bytes, wasTooLong) = (line, isTooLong)
        line.removeAll(keepingCapacity: true)
        isTooLong = false
        bytes.withUnsafeBufferPointer { tell($0, wasTooLong, each) }
    }

    private mutating func tell(
        _ bytes: UnsafeBufferPointer<UInt8>, _ wasTooLong: Bool,
        _ each: (UnsafeBufferPointer<UInt8>, Int, Bool) -> Void
    ) {
        number += 1
        let hasMark = number == 1 && bytes.starts(with: Self.byteOrderMark)
        each(hasMark ? UnsafeBufferPointer(rebasing: bytes[3...]) : bytes, number, wasTooLong)
    }
}
