import CHiredis
import NIOCore

/// Turns commands into protocol bytes by hiredis's `redisFormatCommandArgv`.
///
/// It keeps the two argument vectors from call to call, so that a command costs one allocation, made
/// and freed by hiredis. Owner: the connection's event loop.
struct RedisCommandFormatter {
    private var pointers: [UnsafePointer<CChar>?] = []
    private var lengths: [Int] = []

    /// Appends the command in the form the server reads. Traps when memory runs out.
    mutating func append(_ command: RedisCommand, to buffer: inout ByteBuffer) {
        command.bytes.withUnsafeBytes { bytes in
            let base = bytes.baseAddress!.assumingMemoryBound(to: CChar.self)
            pointers.removeAll(keepingCapacity: true)
            lengths.removeAll(keepingCapacity: true)
            var start = 0
            for end in command.ends {
                pointers.append(base + start)
                lengths.append(end - start)
                start = end
            }
            var formatted: UnsafeMutablePointer<CChar>?
            let count = pointers.withUnsafeMutableBufferPointer { pointers in
                redisFormatCommandArgv(
                    &formatted, Int32(pointers.count), pointers.baseAddress, lengths)
            }
            guard count > 0, let formatted else { fatalError("redisFormatCommandArgv: out of memory") }
            defer { redisFreeCommand(formatted) }
            buffer.writeBytes(UnsafeRawBufferPointer(start: formatted, count: Int(count)))
        }
    }
}
