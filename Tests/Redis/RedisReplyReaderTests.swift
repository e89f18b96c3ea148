import Testing

@testable import Redis

@Suite("Redis reply reader")
struct RedisReplyReaderTests {
    /// Feeds the bytes in pieces of the given sizes, over and over; returns what came out.
    private func read(
        _ bytes: [UInt8], pieces: [Int], maxReplyBytes: Int = 1 << 20
    ) throws -> [RedisReply] {
        let reader = RedisReplyReader(maxReplyBytes: maxReplyBytes)
        var replies: [RedisReply] = []
        var offset = 0
        var turn = 0
        while offset < bytes.count {
            let count = min(pieces[turn % pieces.count], bytes.count - offset)
            try bytes.withUnsafeBytes {
                try reader.feed(UnsafeRawBufferPointer(rebasing: $0[offset..<offset + count]))
            }
            while let reply = try reader.next() { replies.append(reply) }
            offset += count
            turn += 1
        }
        return replies
    }

    @Test("every kind of reply", arguments: [1, 3, 16_384])
    func kinds(piece: Int) throws {
        let text =
            "+OK\r\n-ERR no\r\n:-7\r\n$5\r\na\r\nbc\r\n$0\r\n\r\n$-1\r\n*0\r\n*-1\r\n"
            + "*3\r\n:1\r\n*2\r\n+a\r\n$-1\r\n-E x\r\n"
        let replies = try read(Array(text.utf8), pieces: [piece])
        #expect(
            replies == [
                .simple("OK"), .error("ERR no"), .integer(-7), .bulk(Array("a\r\nbc".utf8)), .bulk([]),
                .null, .array([]), .null,
                .array([.integer(1), .array([.simple("a"), .null]), .error("E x")]),
            ])
    }

    @Test("seeded fuzz: any replies, cut anywhere, come out whole and in order", arguments: 0..<40)
    func anyCuts(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<10 {
            let replies = (0..<Int.random(in: 1...20, using: &random)).map { _ in
                anyReply(depth: 0, &random)
            }
            let bytes = replies.flatMap(encoded)
            let longest = [1, 7, 100, 5000, RedisReplyReader.feedLimit].randomElement(using: &random)!
            let pieces = (0..<50).map { _ in Int.random(in: 1...longest, using: &random) }
            #expect(try read(bytes, pieces: pieces) == replies)
        }
    }

    @Test("seeded fuzz: damaged bytes end in a fault or in waiting, never in a crash", arguments: 0..<40)
    func damaged(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<50 {
            var bytes = (0..<4).flatMap { _ in encoded(anyReply(depth: 0, &random)) }
            for _ in 0..<Int.random(in: 1...5, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = .random(in: 0...255, using: &random)
            }
            _ = try? read(bytes, pieces: [Int.random(in: 1...500, using: &random)], maxReplyBytes: 4096)
        }
    }

    @Test("a reply is bounded, however it is announced")
    func bounds() throws {
        let fitting = Array("$100\r\n".utf8) + [UInt8](repeating: 1, count: 100) + Array("\r\n".utf8)
        #expect(try read(fitting, pieces: [10], maxReplyBytes: 110).count == 1)
        #expect(throws: RedisProtocolFault.self) { try read(fitting, pieces: [10], maxReplyBytes: 90) }
        // Many replies, each within the bound.
        let many = (0..<50).flatMap { _ in fitting }
        #expect(try read(many, pieces: [1000], maxReplyBytes: 1100).count == 50)
        // An array announced longer than could ever come is refused before room is made for it.
        #expect(throws: RedisProtocolFault.self) {
            try read(Array("*2147483647\r\n".utf8), pieces: [100])
        }
        #expect(throws: RedisProtocolFault.self) {
            try read(
                Array(String(repeating: "*300000\r\n", count: 7).utf8) + many, pieces: [100],
                maxReplyBytes: 2000)
        }
    }

    @Test("a reply of many megabytes passes")
    func bigReply() throws {
        let size = 9 << 20
        let bytes = Array("$\(size)\r\n".utf8) + [UInt8](repeating: 7, count: size) + Array("\r\n".utf8)
        let replies = try read(bytes, pieces: [RedisReplyReader.feedLimit], maxReplyBytes: 10 << 20)
        #expect(replies.first?.bytes?.count == size)
    }

    private func anyReply(depth: Int, _ random: inout SeededRandom) -> RedisReply {
        // hiredis 0.14.1 reads arrays seven deep.
        switch Int.random(in: 0...(depth < 6 ? 6 : 4), using: &random) {
        case 0: return .null
        case 1: return .simple(word(&random))
        case 2: return .error(word(&random))
        case 3: return .integer(Int64(bitPattern: random.next()))
        case 4:
            let longest = Int.random(in: 0...9, using: &random) == 0 ? 40_000 : 60
            let count = Int.random(in: 0...longest, using: &random)
            return .bulk((0..<count).map { _ in .random(in: 0...255, using: &random) })
        default:
            let count = Int.random(in: 0...5, using: &random)
            return .array((0..<count).map { _ in anyReply(depth: depth + 1, &random) })
        }
    }

    private func word(_ random: inout SeededRandom) -> String {
        String(
            (0..<Int.random(in: 0...30, using: &random)).map { _ in
                "abc XYZ:$*+-".randomElement(using: &random)!
            })
    }

    private func encoded(_ reply: RedisReply) -> [UInt8] {
        switch reply {
        case .null: Array("$-1\r\n".utf8)
        case .simple(let text): Array("+\(text)\r\n".utf8)
        case .error(let text): Array("-\(text)\r\n".utf8)
        case .integer(let value): Array(":\(value)\r\n".utf8)
        case .bulk(let bytes): Array("$\(bytes.count)\r\n".utf8) + bytes + Array("\r\n".utf8)
        case .array(let elements):
            Array("*\(elements.count)\r\n".utf8) + elements.flatMap(encoded)
        }
    }
}
