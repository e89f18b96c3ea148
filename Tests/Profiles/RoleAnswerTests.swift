import Profiles
import Testing
import Wire

@Suite("Answers of a role service")
struct RoleAnswerTests {
    private let game = ProfileFixture.game(4)

    private func parse(_ text: String) throws(JSONError) -> GameProfile? {
        try RoleAnswer.parse(Array(text.utf8), game: game)
    }

    @Test("registered with roles; an unknown region and a repeat are left out, other fields passed over")
    func registered() throws {
        let profile = try #require(
            try parse(
                """
                {"registered_at": 1700000000, "level": 3, "roles": [
                  {"region": "s2", "role": "18446744073709551615", "name": "x"},
                  {"region": "s1", "role": "0"},
                  {"region": "s9", "role": "5"}, {"region": "s1", "role": "0"},
                  {"region": "s1", "role": "1"}]}
                """))
        #expect(profile.game == 4 && profile.registeredAtS == 1_700_000_000)
        #expect(
            profile.roles == [Role(region: 1, id: .max), Role(region: 0, id: 0), Role(region: 0, id: 1)])
    }

    @Test("never registered, and registered without a role, are different things")
    func absent() throws {
        #expect(try parse(#"{"registered_at": null, "roles": []}"#) == nil)
        #expect(try parse(#"{"registered_at": 5, "roles": []}"#)?.roles == [])
    }

    @Test(
        "what must not be believed",
        arguments: [
            "", "null", "[]", "{}", #"{"roles": []}"#, #"{"registered_at": null}"#,
            #"{"registered_at": "5", "roles": []}"#, #"{"registered_at": -1, "roles": []}"#,
            #"{"registered_at": 4294967296, "roles": []}"#,
            #"{"registered_at": null, "roles": [{"region": "s1", "role": "1"}]}"#,
            #"{"registered_at": 5, "roles": [1]}"#, #"{"registered_at": 5, "roles": [{"region": "s1"}]}"#,
            #"{"registered_at": 5, "roles": [{"region": "s1", "role": 1}]}"#,
            #"{"registered_at": 5, "roles": [{"region": "s1", "role": "-1"}]}"#,
            #"{"registered_at": 5, "roles": [{"region": "s9", "role": "x"}]}"#,
            #"{"registered_at": 5, "roles": []} x"#, "<html>502</html>",
        ])
    func refused(_ text: String) {
        #expect(throws: JSONError.self) { try parse(text) }
    }

    @Test("more roles than are kept is refused, not cut")
    func tooMany() throws {
        let role = #"{"region": "s1", "role": "1"}"#
        let many = Array(repeating: role, count: 257).joined(separator: ",")
        #expect(throws: JSONError.self) { try parse(#"{"registered_at": 5, "roles": [\#(many)]}"#) }
    }

    @Test("damaged answers never crash the parser")
    func fuzz() {
        let whole = Array(
            #"{"registered_at": 1700000000, "roles": [{"region": "s1", "role": "123456"}]}"#.utf8)
        var random = SplitMix64(seed: 6)
        for _ in 0..<20_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                bytes[place] = UInt8(truncatingIfNeeded: random.next())
            }
            if let profile = try? RoleAnswer.parse(bytes, game: game) {
                #expect(profile.roles.count <= 1)
            }
        }
    }
}
