import HTTPServer
import NIOCore
import Testing
import Wire

@Suite("Whose request it is")
struct ClientAddressTests {
    private static let proxies = try! NetworkList(["10.0.0.0/8", "::1"])

    private func client(
        _ forwarded: [String], peer: String = "10.0.0.1", proxies: NetworkList = proxies
    ) -> String? {
        HTTPRequest(
            method: .get, target: "/", headers: forwarded.map { ("X-Forwarded-For", $0) }, remoteAddress: peer
        ).clientAddress(trusting: proxies)?.description
    }

    @Test("only a trusted proxy is believed")
    func trust() {
        #expect(client(["192.0.2.1"], peer: "203.0.113.9") == "203.0.113.9")
        #expect(client(["192.0.2.1"], proxies: .none) == "10.0.0.1")
        #expect(client(["192.0.2.1"]) == "192.0.2.1")
        #expect(client(["192.0.2.1"], peer: "::1") == "192.0.2.1")
        #expect(client([]) == "10.0.0.1")
        #expect(client(["192.0.2.1"], peer: "") == nil)
    }

    @Test(
        "the last stranger counts; what stands before it may be made up",
        arguments: [
            (["1.1.1.1, 192.0.2.1"], "192.0.2.1"), (["1.1.1.1,192.0.2.1,10.0.0.7"], "192.0.2.1"),
            (["1.1.1.1", "192.0.2.1"], "192.0.2.1"),
            (["1.1.1.1", "192.0.2.1, 10.9.9.9", "10.1.1.1"], "192.0.2.1"),
            (["10.0.0.5, 10.0.0.6"], "10.0.0.5"), (["10.0.0.5", "10.0.0.6"], "10.0.0.5"),
            (["2001:db8::1"], "2001:db8::1"), (["[2001:db8::1]:443"], "2001:db8::1"),
            (["192.0.2.1:1234"], "192.0.2.1"), (["  192.0.2.1\t"], "192.0.2.1"),
        ])
    func walk(_ fields: [String], _ expected: String) {
        #expect(client(fields) == expected)
    }

    @Test(
        "an entry that is no address ends the search at the nearest hop known",
        arguments: [
            (["unknown"], "10.0.0.1"), ([""], "10.0.0.1"), (["192.0.2.1,"], "10.0.0.1"),
            (["192.0.2.1, unknown, 10.0.0.6"], "10.0.0.6"),
            (["192.0.2.1", "_hidden", "10.0.0.6"], "10.0.0.6"),
            (["[2001:db8::1"], "10.0.0.1"), ([",,,,"], "10.0.0.1"),
        ])
    func broken(_ fields: [String], _ expected: String) {
        #expect(client(fields) == expected)
    }

    @Test("a chain without end is followed for sixteen hops, a request with many fields from its last one")
    func bounds() {
        let hops = (0..<40).map { "10.0.1.\($0)" }
        #expect(client(["192.0.2.1, " + hops.joined(separator: ", ")]) == "10.0.1.24")
        #expect(client(Array(repeating: "1.1.1.1", count: 50) + ["192.0.2.1"]) == "192.0.2.1")
    }

    @Test("fuzz: whatever the field holds, some address known comes out")
    func fuzz() {
        var random = SplitMix64(seed: 0xF0F0)
        let parts = ["10.0.0.2", "192.0.2.1", ",", " ", "::1", "[", "]", ":", "x", "1.2.3.4:5", ",,", "\t"]
        for _ in 0..<5000 {
            let text = (0..<random.next() % 12).map { _ in parts[Int(random.next() % UInt64(parts.count))] }
            #expect(client([text.joined()]) != nil)
        }
    }
}
