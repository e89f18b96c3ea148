import Catalog
import HTTPServer
import Testing
import Wire

@testable import Recommend

@Suite("The query of a list")
struct ListQueryTests {
    private let catalog: Catalog

    init() throws {
        catalog = try ShippedCampaign.catalog()
    }

    /// The refusal's status and the field that it names; nil = taken.
    private func refusal(_ target: String, isRefresh: Bool = false) throws -> (status: Int, field: String?)? {
        do throws(ListQuery.Refusal) {
            _ = try ListQuery(
                HTTPRequest(method: .get, target: target), catalog: catalog, isRefresh: isRefresh)
            return nil
        } catch {
            guard case .bytes(let bytes) = error.response.body,
                case .object(let root) = try JSON.parse(bytes, limits: .document)
            else { return (error.response.status, nil) }
            guard case .string(let field) = root["field"] else { return (error.response.status, nil) }
            return (error.response.status, field)
        }
    }

    @Test("none, and the campaign that is served", arguments: ["", "?", "?campaign=spring-festival"])
    func taken(query: String) throws {
        #expect(try refusal("/v1/gifts\(query)") == nil)
    }

    @Test("another campaign is not here")
    func campaign() throws {
        let refused = try #require(try refusal("/v1/gifts?campaign=autumn"))
        #expect(refused == (404, nil))
    }

    @Test(
        "what cannot be read is 400 and named",
        arguments: [
            ("?limit=5", "limit"), ("?campaign", "campaign"), ("?campaign=", "campaign"),
            ("?campaign=spring-festival&campaign=spring-festival", "campaign"),
            ("?campaign=A%20B", "campaign"), ("?game=dragon-tide", "game"), ("?%00=1", "\u{0}"),
            ("?campaign=spring-festival&x=1", "x"),
        ])
    func malformed(query: String, field: String) throws {
        let refused = try #require(try refusal("/v1/gifts\(query)"))
        #expect(refused == (400, field))
    }

    @Test("a refresh needs its game")
    func refresh() throws {
        let path = "/v1/gifts/refresh"
        #expect(try refusal("\(path)?game=dragon-tide", isRefresh: true) == nil)
        #expect(try refusal("\(path)?game=dragon-tide&campaign=spring-festival", isRefresh: true) == nil)
        let missing = try #require(try refusal(path, isRefresh: true))
        #expect(missing == (400, "game"))
        let unknown = try #require(try refusal("\(path)?game=no-such-game", isRefresh: true))
        #expect(unknown == (404, nil))
        let odd = try #require(try refusal("\(path)?game=..%2F", isRefresh: true))
        #expect(odd == (400, "game"))
    }

    @Test("fuzz: any query is taken or refused with a 400 or 404")
    func fuzz() throws {
        var random = SplitMix64(seed: 31)
        let alphabet = Array("campaign=game&%20+?;#éa1-".unicodeScalars)
        for _ in 0..<2_000 {
            var query = ""
            for _ in 0..<Int.random(in: 0...30, using: &random) {
                query.unicodeScalars.append(alphabet.randomElement(using: &random)!)
            }
            if let refused = try refusal("/v1/gifts?\(query)", isRefresh: random.next() % 2 == 0) {
                #expect([400, 404].contains(refused.status))
            }
        }
    }
}
