import Testing

@testable import Redis

@Suite("Redis Cluster: slots, redirects, the map's reply")
struct RedisSlotTests {
    private func slot(_ key: String) -> Int { RedisSlot.of(Array(key.utf8)) }

    @Test("CRC16 is the one of the cluster specification")
    func crc() {
        let check = Array("123456789".utf8).withUnsafeBytes { RedisSlot.crc16($0) }
        #expect(check == 0x31C3)
        #expect([UInt8]().withUnsafeBytes { RedisSlot.crc16($0) } == 0)
    }

    @Test(
        "the slots that CLUSTER KEYSLOT tells",
        arguments: [
            ("somekey", 11058), ("foo{hash_tag}", 2515), ("bar{hash_tag}", 2515), ("foo", 12182),
            ("bar", 5061),
            ("", 0),
        ])
    func known(key: String, expected: Int) {
        #expect(slot(key) == expected)
    }

    @Test("hash tags are those of the specification's examples")
    func tags() {
        #expect(slot("{user1000}.following") == slot("{user1000}.followers"))
        #expect(slot("{user1000}.following") == slot("user1000"))
        // An empty tag is none, the first one counts, and an inner brace belongs to it.
        #expect(slot("foo{}{bar}") != slot("bar"))
        #expect(slot("foo{{bar}}zap") == slot("{bar"))
        #expect(slot("foo{bar}{zap}") == slot("bar"))
        #expect(slot("foo{bar") != slot("bar"))
    }

    @Test("a command's slot is that of the argument at its place")
    func commands() {
        #expect(RedisCommand.make("GET", "foo").slot(at: 1) == 12182)
        #expect(RedisCommand.make("EVALSHA", "sha", "1", "bar", "x").slot(at: 3) == 5061)
        #expect(RedisCommand.make("TIME").slot(at: 1) == nil)
    }

    @Test("redirects are read, a host that is not told is that of the node")
    func redirects() {
        #expect(
            RedisRedirect("MOVED 3999 127.0.0.1:6381").map { "\($0.slot) \($0.host) \($0.port)" }
                == "3999 127.0.0.1 6381")
        #expect(RedisRedirect("ASK 1 ::1:6381").map { "\($0.slot) \($0.host) \($0.port)" } == "1 ::1 6381")
        #expect(RedisRedirect("MOVED 1 :6381")?.host == "")
        for bad in ["MOVED", "MOVED x 1.1.1.1:1", "MOVED 16384 1.1.1.1:1", "ASK 1 host", "ASK 1 host:0"] {
            #expect(RedisRedirect(bad) == nil, "\(bad)")
        }
    }

    @Test("the map is read; anything of another form is no map")
    func map() {
        func node(_ host: RedisReply, _ port: Int64) -> RedisReply {
            .array([host, .integer(port), .bulk(Array("id".utf8)), .array([])])
        }
        let host = RedisReply.bulk(Array("10.0.0.1".utf8))
        let reply = RedisReply.array([
            .array([.integer(0), .integer(5), node(host, 7000), node(host, 7003)]),
            .array([.integer(6), .integer(16383), node(.null, 7001)]),
        ])
        #expect(
            RedisSlotRange.parse(reply) == [
                RedisSlotRange(slots: 0...5, host: "10.0.0.1", port: 7000),
                RedisSlotRange(slots: 6...16383, host: "", port: 7001),
            ])
        #expect(RedisSlotRange.parse(.array([])) == [])
        for bad: [RedisReply] in [
            [.integer(0), .integer(16384), node(host, 1)], [.integer(7), .integer(6), node(host, 1)],
            [.integer(-1), .integer(6), node(host, 1)], [.integer(0), .integer(6)],
            [.integer(0), .integer(6), node(host, 0)], [.integer(0), .null, node(host, 1)],
        ] {
            #expect(RedisSlotRange.parse(.array([.array(bad)])) == nil)
        }
        #expect(RedisSlotRange.parse(.null) == nil)
    }

    @Test("URLs of servers and of clusters")
    func targets() throws {
        #expect(
            try RedisTarget(url: "redis://h:1/2") == .server(RedisAddress(host: "h", port: 1, database: 2)))
        let seeds = ["a", "b"].map { RedisAddress(host: $0, port: 7, user: "me", password: "p,w") }
        let cluster = try RedisTarget(url: "redis-cluster://me:p,w@a:7,b:7")
        #expect(cluster == .cluster(seeds: seeds))
        #expect(!"\(cluster)".contains("p,w"))
        #expect(try RedisTarget(url: "Redis-Cluster://[::1]:7001").description == "cluster [::1]:7001")
        for bad in [
            "redis-cluster://", "redis-cluster://a:7,", "redis-cluster://a/1", "http://a",
            "redis-cluster://a:x",
        ] {
            #expect(throws: RedisAddressFault.self, "\(bad)") { try RedisTarget(url: bad) }
        }
    }
}
