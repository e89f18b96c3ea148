import Glibc

/// A place in memory that is known to have room: writes without looking.
struct ByteCursor {
    private var next: UnsafeMutableRawPointer

    init(_ start: UnsafeMutableRawPointer) {
        next = start
    }

    @inline(__always)
    func written(since start: UnsafeMutableRawPointer) -> Int { next - start }

    @inline(__always)
    mutating func put(_ byte: UInt8) {
        next.storeBytes(of: byte, as: UInt8.self)
        next += 1
    }

    @inline(__always)
    mutating func put(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { put($0.baseAddress, $0.count) }
    }

    @inline(__always)
    mutating func put(_ text: StaticString) {
        put(text.utf8Start, text.utf8CodeUnitCount)
    }

    @inline(__always)
    mutating func put(_ start: UnsafeRawPointer?, _ count: Int) {
        guard count > 0, let start else { return }
        memcpy(next, start, count)
        next += count
    }

    /// A number in decimal digits; at most 20 bytes.
    mutating func put(decimal value: UInt64) {
        var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
        withUnsafeMutableBytes(of: &digits) { room in
            var at = room.count
            var rest = value
            repeat {
                at -= 1
                room[at] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            put(room.baseAddress! + at, room.count - at)
        }
    }
}
