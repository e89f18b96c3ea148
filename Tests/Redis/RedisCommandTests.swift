import CHiredis
import NIOCore
import Testing

@testable import Redis

@Suite("Redis commands")
struct RedisCommandTests {
    @Test("arguments may hold anything and come out as the protocol wants them")
    func formatting() {
        var command = RedisCommand("SET")
        command.add("ключ")
        command.add([0, 13, 10, 255])
        command.add([UInt8]())
        command.add("EX" as StaticString)
        command.add(-42)
        command.add(UInt64.max)
        command.add(Int64.min)
        command.add(0)
        var buffer = ByteBuffer()
        RedisCommandFormatter.append(command, to: &buffer)
        RedisCommandFormatter.append(.make("PING"), to: &buffer)

        var expected = Array("*9\r\n$3\r\nSET\r\n$8\r\nключ\r\n$4\r\n".utf8)
        expected += [0, 13, 10, 255]
        expected += Array("\r\n$0\r\n\r\n$2\r\nEX\r\n$3\r\n-42\r\n$20\r\n18446744073709551615\r\n".utf8)
        expected += Array("$20\r\n-9223372036854775808\r\n$1\r\n0\r\n*1\r\n$4\r\nPING\r\n".utf8)
        #expect(Array(buffer.readableBytesView) == expected)
        #expect(command.count == 9)
    }

    @Test("any command is written as hiredis writes it")
    func asHiredis() {
        var random = SeededRandom(seed: 5)
        for _ in 0..<2_000 {
            var command = RedisCommand("EVALSHA")
            for _ in 0..<Int.random(in: 0...12, using: &random) {
                let count = [0, 1, 9, 10, 99, 100, 1_000, 12_345].randomElement(using: &random) ?? 0
                command.add((0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
            }
            var buffer = ByteBuffer()
            RedisCommandFormatter.append(command, to: &buffer)
            #expect(Array(buffer.readableBytesView) == hiredis(command))
        }
    }

    private func hiredis(_ command: RedisCommand) -> [UInt8] {
        let parts = (0..<command.count).map { Array(command.argument(at: $0) ?? []) }
        var formatted: UnsafeMutablePointer<CChar>?
        let whole = command.bytes.withUnsafeBytes { bytes in
            let base = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            var start = 0
            var pointers: [UnsafePointer<CChar>?] = parts.map { part in
                defer { start += part.count }
                return base.map { UnsafePointer($0 + start) }
            }
            let count = redisFormatCommandArgv(
                &formatted, Int32(pointers.count), &pointers, parts.map(\.count))
            return Array(UnsafeRawBufferPointer(start: formatted, count: Int(count)))
        }
        if let formatted { redisFreeCommand(formatted) }
        return whole
    }

    /// The first three are FIPS 180's own; the rest straddle the block's padding.
    @Test(arguments: [
        ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
        ),
        (String(repeating: "a", count: 55), "c1c8bbdc22796e28c0e15163d20899b65621d65a"),
        (String(repeating: "a", count: 64), "0098ba824b5c16427bd7a1122a5a442a25ec644d"),
        (String(repeating: "a", count: 1000), "291e9a6c66994949b57ba5e650361e98fc36b1ba"),
    ])
    func digest(text: String, sha1: String) {
        #expect(RedisScript(name: "s", source: text).sha1 == sha1)
    }

    @Test("an error reply's first word is its code; only some codes exclude an effect")
    func failures() {
        let noScript = RedisFailure(errorReply: "NOSCRIPT No matching script.")
        #expect(noScript.kind == .refused(code: "NOSCRIPT"))
        #expect(noScript.isSurelyNotApplied)
        #expect(!RedisFailure(errorReply: "ERR half-way").isSurelyNotApplied)
        #expect(!RedisFailure(kind: .unknown, message: "").isSurelyNotApplied)
        #expect(RedisFailure(kind: .neverSent, message: "").isSurelyNotApplied)
        #expect(RedisFailure(errorReply: "").kind == .refused(code: ""))
    }

    @Test("accessors of replies")
    func replies() {
        #expect(RedisReply.bulk(Array("-12".utf8)).integer == -12)
        #expect(RedisReply.integer(7).integer == 7)
        #expect(RedisReply.simple("OK").isOK)
        #expect(RedisReply.simple("QUEUED").bytes == Array("QUEUED".utf8))
        #expect(RedisReply.bulk([104, 105]).string == "hi")
        #expect(RedisReply.array([.null]).array?.first?.isNull == true)
        #expect(RedisReply.null.integer == nil && RedisReply.null.bytes == nil)
    }
}
