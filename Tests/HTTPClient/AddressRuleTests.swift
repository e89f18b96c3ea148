import Glibc
import Testing

@testable import HTTPClient

@Suite("Where connections may go")
struct AddressRuleTests {
    @Test(
        "special addresses are not public",
        arguments: [
            "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1",
            "127.255.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.168.1.1", "192.0.0.8",
            "192.0.2.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1",
            "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1",
            "::ffff:10.1.2.3", "::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1",
            "2002:a00:1::1", "2002:7f00:1::", "2001::1", "2001:db8::1", "3fff::1", "fc00::1",
            "fdff:ffff::1", "fe80::1", "febf::1", "fec0::1", "ff02::1", "100::1", "4000::1",
        ])
    func special(text: String) throws {
        #expect(!AddressRule.isPublic(try #require(IPAddress(text))))
    }

    @Test(
        "others are",
        arguments: [
            "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.0.0.1",
            "128.0.0.1", "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0", "198.17.255.255",
            "198.20.0.0", "223.255.255.255", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1",
            "2001:200::1", "2606:4700::1111", "2a00:1450::1",
        ])
    func open(text: String) throws {
        #expect(AddressRule.isPublic(try #require(IPAddress(text))))
    }

    @Test("networks as written, with nothing beyond their length")
    func networks() throws {
        let inner = try #require(IPNetwork("10.20.0.0/16"))
        #expect(inner.contains(try #require(IPAddress("10.20.3.4"))))
        #expect(inner.contains(try #require(IPAddress("::ffff:10.20.3.4"))))
        #expect(!inner.contains(try #require(IPAddress("10.21.0.0"))))
        #expect(try #require(IPNetwork("fd00::/8")).contains(try #require(IPAddress("fdaa::1"))))
        #expect(try #require(IPNetwork("::/0")).contains(try #require(IPAddress("1.2.3.4"))))
        #expect(try #require(IPNetwork("10.0.0.1")).contains(try #require(IPAddress("10.0.0.1"))))
        for text in [
            "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "fd00::/129", "host/8", "", "/8",
        ] {
            #expect(IPNetwork(text) == nil, "\(text)")
        }
        #expect(try #require(IPAddress("::ffff:10.1.2.3")).description == "10.1.2.3")
        #expect(try #require(IPAddress("2001:DB8::1")).description == "2001:db8::1")
    }

    @Test(
        "promise 7: a forbidden address is neverLeft, refused, by either path; an allowed network is not",
        arguments: Path.allCases)
    func client(path: Path) async throws {
        let server = RawServer.echo()
        var options = path.options
        options.allowsPrivate = false
        let strict = ClientUnderTest(options)
        for url in [server.url, "http://localhost:\(server.port)/", "http://[::1]:1/", "http://2130706433/"] {
            let outcome = try await strict.run(.post(url, "1"))
            #expect(outcome.neverLeft == .refused, "\(url): \(outcome)")
            if case .neverLeft(let failure) = outcome {
                #expect(failure.message.contains("not allowed"))
            }
        }
        #expect(server.acceptedCount == 0)
        options.allowedNetworks = [try #require(IPNetwork("127.0.0.0/8"))]
        let open = ClientUnderTest(options)
        #expect(try await open.run(.post(server.url, "1")).answer?.status == 200)
    }
}
