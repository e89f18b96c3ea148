import Testing
import Wire

@Suite("Addresses and networks")
struct IPNetworkTests {
    @Test(
        "addresses are read as they are written elsewhere",
        arguments: [
            ("127.0.0.1", "127.0.0.1", true), ("255.255.255.255", "255.255.255.255", true),
            ("::ffff:10.1.2.3", "10.1.2.3", true), ("::FFFF:a01:203", "10.1.2.3", true), ("::", "::", false),
            ("::1", "::1", false), ("2001:DB8:0:0:0:0:0:1", "2001:db8::1", false),
            ("fe80::a:b", "fe80::a:b", false),
            (
                "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                false
            ),
        ])
    func addresses(_ text: String, _ shown: String, _ isV4: Bool) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == shown)
        #expect(address.isV4 == isV4)
        #expect(IPAddress(shown) == address)
    }

    @Test(
        "what is no address is none",
        arguments: [
            "", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4:80", "[::1]", "::1%lo",
            "1::2::3",
            ":", "12345::", "a.b.c.d", " 1.2.3.4", "1.2.3.4 ", "1.2.3.4\0", "\0", "::1\0x",
            String(repeating: "1", count: 100),
        ])
    func noAddresses(_ text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test("fuzz: any bytes are an address that reads back, or none")
    func fuzz() {
        var random = SplitMix64(seed: 0x1F_ADD2)
        let alphabet = Array("0123456789abcdefF:.[]%/ \0\u{80}".utf8)
        for _ in 0..<20_000 {
            let bytes = (0..<random.next() % 50).map { _ in
                alphabet[Int(random.next() % UInt64(alphabet.count))]
            }
            guard let address = bytes.withUnsafeBufferPointer({ IPAddress($0) }) else { continue }
            #expect(IPAddress(address.description) == address)
        }
    }

    @Test("who is limited under one name")
    func subscribers() throws {
        func subscriber(_ text: String) throws -> UInt64 { try #require(IPAddress(text)).subscriber }
        #expect(try subscriber("10.0.0.1") == subscriber("::ffff:10.0.0.1"))
        #expect(try subscriber("10.0.0.1") != subscriber("10.0.0.2"))
        #expect(try subscriber("2001:db8:1:2::1") == subscriber("2001:db8:1:2:ffff::9"))
        #expect(try subscriber("2001:db8:1:2::1") != subscriber("2001:db8:1:3::1"))
    }

    @Test(
        "a network holds its addresses and no others",
        arguments: [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"), ("10.1.2.3", "10.1.2.3", "10.1.2.4"),
            ("10.1.2.2/31", "10.1.2.3", "10.1.2.4"), ("0.0.0.0/0", "255.1.1.1", "::1"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"), ("::1", "::1", "::2"),
            ("fc00::/7", "fd12::1", "fe00::"), ("2001:db8:0:1::/64", "2001:db8:0:1:ffff::", "2001:db8:0:2::"),
            ("2001:db8::8000:0:0:0/65", "2001:db8::ffff:0:0:1", "2001:db8::7fff:0:0:1"),
            ("::ffff:10.0.0.0/104", "10.1.1.1", "11.1.1.1"), ("::/0", "1.2.3.4", "never"),
        ])
    func networks(_ text: String, _ inside: String, _ outside: String) throws {
        let network = try #require(IPNetwork(text))
        #expect(network.contains(try #require(IPAddress(inside))))
        if let outside = IPAddress(outside) { #expect(!network.contains(outside)) }
    }

    @Test(
        "what is no network names itself",
        arguments: [
            "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/08", "10.0.0.0/-1", "/8", "::/129", "::1/64",
            "",
            "example.org", "10.0.0.0/8/8",
        ])
    func noNetworks(_ text: String) {
        #expect(throws: NetworkList.NoNetwork(text: text)) { try NetworkList(["::1", text]) }
    }

    @Test("a list holds what one of its networks does, and is bounded")
    func lists() throws {
        let list = try NetworkList(["192.0.2.0/24", "2001:db8::/32"])
        for (text, isIn) in [("192.0.2.9", true), ("192.0.3.9", false), ("2001:db8::", true), ("::1", false)]
        {
            #expect(list.contains(try #require(IPAddress(text))) == isIn)
        }
        #expect(NetworkList.none.isEmpty && !NetworkList.local.isEmpty)
        #expect(NetworkList.local.contains(try #require(IPAddress("172.31.255.255"))))
        #expect(!NetworkList.local.contains(try #require(IPAddress("172.32.0.0"))))
        #expect(throws: NetworkList.NoNetwork.self) { try NetworkList(Array(repeating: "::1", count: 257)) }
    }
}
