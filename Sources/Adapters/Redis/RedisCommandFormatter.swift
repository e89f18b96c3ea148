import NIOCore

/// Turns commands into the protocol's requests: `*3\r\n$3\r\nSET\r\n…`, an array of bulk strings (RESP 2).
///
/// hiredis's `redisFormatCommandArgv` does the same, with a `printf` for every length and a copy of the
/// whole, at several times the cost; tests compare the two.
enum RedisCommandFormatter {
    /// Room for a mark, the digits of a length and two line ends.
    private static let overhead = 26

    /// Appends the command in the form the server reads.
    static func append(_ command: RedisCommand, to buffer: inout ByteBuffer) {
        let most = command.bytes.count + (command.ends.count + 1) * overhead
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: most) { room in
            var at = 0
            header(UInt8(ascii: "*"), command.ends.count, room, &at)
            command.bytes.withUnsafeBytes { bytes in
                var start = 0
                for end in command.ends {
                    header(UInt8(ascii: "$"), end - start, room, &at)
                    let argument = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
                    UnsafeMutableRawBufferPointer(rebasing: room[at...]).copyMemory(from: argument)
                    at += end - start
                    lineEnd(room, &at)
                    start = end
                }
            }
            return at
        }
    }

    private static func header(
        _ mark: UInt8, _ number: Int, _ room: UnsafeMutableRawBufferPointer, _ at: inout Int
    ) {
        room[at] = mark
        at += 1
        var divisor = 1
        while number / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            room[at] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10)
            at += 1
            divisor /= 10
        }
        lineEnd(room, &at)
    }

    private static func lineEnd(_ room: UnsafeMutableRawBufferPointer, _ at: inout Int) {
        room[at] = 13
        room[at + 1] = 10
        at += 2
    }
}
