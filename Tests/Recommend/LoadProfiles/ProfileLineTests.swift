import Catalog
import Profiles
import Testing
import Wire

@testable import Recommend

@Suite("A line of load-profiles")
struct ProfileLineTests {
    private let catalog: Catalog

    init() throws {
        catalog = try ShippedCampaign.catalog()
    }

    private func read(_ text: String) throws(JSONError) -> ProfileLine {
        try ProfileLine(Array(text.utf8), catalog: catalog)
    }

    static let vector = "[" + (0..<32).map { "0.\($0)" }.joined(separator: ",") + "]"
    private static let game =
        #"{"game":"dragon-tide","registered_at":1700000000,"roles":[{"region":"inland","role":"77"}]}"#

    @Test("a vector, registrations, or both")
    func good() throws {
        let both = try read(#"{"user":"9","vector":\#(Self.vector),"games":[\#(Self.game)]}"#)
        #expect(both.user == 9 && both.vector?.count == 32 && both.vector?[5] == 0.5)
        let role = Role(region: 2, id: 77)
        #expect(
            both.answers == [
                .init(
                    game: 0, registration: GameProfile(game: 0, registeredAtS: 1_700_000_000, roles: [role]))
            ])
        #expect(try read(#"{"user":"9","vector":\#(Self.vector)}"#).answers.isEmpty)
        let absent = try read(
            #"{"user":"9","games":[{"game":"paper-kites","registered_at":null,"roles":[]}]}"#)
        #expect(absent.vector == nil && absent.answers == [.init(game: 7, registration: nil)])
    }

    private static let refused: [(String, String)] = [
        (#"{"user":"9"}"#, "vector: neither it nor games"),
        (#"{"user":9,"vector":[]}"#, "user: expected a string"),
        (#"{"vector":[]}"#, "user: missing"),
        (#"{"user":"9","vector":[1,2]}"#, "vector: 2 numbers; the campaign has 32"),
        (#"{"user":"9","vector":\#(vector.replacing("0.7", with: "null"))}"#, "vector[7]: expected a number"),
        (#"{"user":"9","vector":\#(vector.replacing("0.7", with: "1e300"))}"#, "vector[7]: too large"),
        (#"{"user":"9","vector":\#(vector),"name":"x"}"#, "name: unknown field"),
        (#"{"user":"9","games":[\#(game),\#(game)]}"#, "games[1].game: stands twice"),
        (#"{"user":"9","games":[\#(game.replacing("dragon-tide", with: "x"))]}"#, "no such game"),
        (
            #"{"user":"9","games":[\#(game.replacing("inland", with: "x"))]}"#,
            "roles[0].region: no such region"
        ),
        (#"{"user":"9","games":[\#(game.replacing("1700000000", with: "null"))]}"#, "never registered"),
        (
            #"{"user":"9","games":[\#(game.replacing("1700000000", with: "-1"))]}"#,
            "registered_at: not within"
        ),
        (#"{"user":"9","games":[{"game":"dragon-tide","registered_at":1}]}"#, "games[0].roles: missing"),
        (#"{"user":"9","games":[{"game":"dragon-tide","roles":[]}]}"#, "games[0].registered_at: missing"),
        ("[]", "expected an object"),
        ("{", "at byte"),
    ]

    @Test("anything else is refused, and says why", arguments: refused)
    func bad(line: String, reason: String) throws {
        let error = #expect(throws: JSONError.self) { try read(line) }
        #expect(error?.description.contains(reason) ?? false, "\(error?.description ?? "")")
    }

    @Test("what is stored about games stays, what is not known comes from the line, the vector is the line's")
    func joined() throws {
        let own = Role(region: 1, id: 5)
        var stored = Profile(user: 9, preference: [1, 2], fetchedAtS: 100)
        stored.take(GameProfile(game: 0, registeredAtS: 50, roles: [own]), game: 0, nowS: 100)
        stored.take(nil, game: 1, nowS: 100)
        let line = try read(
            #"{"user":"9","vector":\#(Self.vector),"games":[\#(Self.game),"#
                + #"{"game":"lantern-legends","registered_at":1,"roles":[{"region":"s1","role":"6"}]},"#
                + #"{"game":"cloud-racers","registered_at":2,"roles":[]},"#
                + #"{"game":"jade-kingdoms","registered_at":null,"roles":[]}]}"#)
        let joined = ProfileLoad.joined(stored, line, nowS: 200)
        #expect(joined.preference == line.vector)
        #expect(joined.known == 0b1111)
        #expect(joined.game(0)?.roles == [own] && joined.game(1) == nil)
        #expect(joined.game(2)?.registeredAtS == 2 && joined.game(3) == nil)
        #expect(joined.fetchedAtS == 100 && joined.absencesAtS == 100, "the oldest answers count")
        let only = try read(#"{"user":"9","games":[\#(Self.game)]}"#)
        #expect(ProfileLoad.joined(stored, only, nowS: 200).preference == [1, 2])
    }
}
