import Redis
import Testing

@Suite("Redis URLs")
struct RedisAddressTests {
    @Test(arguments: [
        ("redis://h", RedisAddress(host: "h")),
        ("redis://127.0.0.1:7000", RedisAddress(host: "127.0.0.1", port: 7000)),
        ("REDIS://h:1/", RedisAddress(host: "h", port: 1)),
        ("redis://h:1/15", RedisAddress(host: "h", port: 1, database: 15)),
        ("redis://[::1]:7000/2", RedisAddress(host: "::1", port: 7000, database: 2)),
        ("redis://[::1]", RedisAddress(host: "::1")),
        ("redis://:secret@h", RedisAddress(host: "h", password: "secret")),
        ("redis://u:s%40%3a%25@h:2", RedisAddress(host: "h", port: 2, user: "u", password: "s@:%")),
        ("redis://u:a@b@h", RedisAddress(host: "h", user: "u", password: "a@b")),
    ])
    func understood(url: String, address: RedisAddress) throws {
        #expect(try RedisAddress(url: url) == address)
    }

    @Test(arguments: [
        "", "h:1", "rediss://h", "http://h", "redis://", "redis://:1", "redis://h:0", "redis://h:65536",
        "redis://h:x", "redis://h:", "redis://h/x", "redis://h/-1", "redis://h/99999", "redis://u@h",
        "redis://u:@h", "redis://u:%4@h", "redis://u:%zz@h", "redis://u:%ff@h", "redis://[::1",
        "redis://[::1]x", "redis://h?a=b", "redis://h#f",
    ])
    func refused(url: String) {
        #expect(throws: RedisAddressFault.self) { try RedisAddress(url: url) }
    }

    @Test("neither the description nor a fault quotes the password")
    func passwordIsNotShown() throws {
        let address = try RedisAddress(url: "redis://someone:hunter2@h:7000/3")
        #expect("\(address)" == "h:7000/3")
        #expect("\(RedisAddress(host: "::1"))" == "[::1]:6379")
        do {
            _ = try RedisAddress(url: "redis://someone:hunter2@h:port")
            Issue.record("a bad port was accepted")
        } catch {
            #expect(!"\(error)".contains("hunter2"))
        }
    }
}
