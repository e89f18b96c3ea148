import CampaignFiles
import Catalog
import Foundation
import HTTPServer
import Testing
import Wire

@testable import Recommend

@Suite("Documents made from the catalog")
struct PagesTests {
    private let claims = "https://claims.example:8443/base"

    private func pages(
        _ catalog: Catalog? = nil, root: String? = nil, previous: Pages? = nil
    ) throws -> Pages {
        try Pages(
            root: root, catalog: catalog ?? ShippedCampaign.catalog(), claimsURL: claims, previous: previous)
    }

    private func get(
        _ pages: Pages, _ target: String, _ headers: [(String, String)] = []
    ) -> PageAnswer? {
        PageAnswer(pages.response(to: HTTPRequest(method: .get, target: target, headers: headers)))
    }

    private func json(_ answer: PageAnswer?) throws -> JSON {
        try JSON.parse(try #require(answer).bytes, limits: .document)
    }

    private func members(_ json: JSON) throws -> JSONObject {
        guard case .object(let object) = json else { throw JSONError(offset: 0, path: "", reason: "kind") }
        return object
    }

    private func elements(_ json: JSON?) throws -> [JSON] {
        guard case .array(let elements) = json else { throw JSONError(offset: 0, path: "", reason: "kind") }
        return elements
    }

    /// The shipped campaign with another title.
    private func catalog(titled title: String) throws -> Catalog {
        let shipped = try ShippedCampaign.catalog()
        let campaign = shipped.campaign
        return Catalog(
            campaign: Campaign(
                id: campaign.id, title: LocalizedText(en: title, zh: title), opensAtMs: campaign.opensAtMs,
                closesAtMs: campaign.closesAtMs, endsAtMs: campaign.endsAtMs,
                couponKinds: campaign.couponKinds, totalLimit: campaign.totalLimit,
                deliveryWindowMs: campaign.deliveryWindowMs, storage: campaign.storage,
                ranking: campaign.ranking),
            games: shipped.games, gifts: shipped.gifts, contentHash: title)
    }

    @Test("the campaign's document: times, and where the catalog and the claims are")
    func campaign() throws {
        let pages = try pages()
        let answer = try #require(get(pages, "/v1/campaign"))
        #expect(answer.status == 200 && answer.response.contentType == "application/json")
        #expect(answer["cache-control"] == "no-cache" && answer["etag"] != nil)
        let document = try members(try json(answer))
        #expect(
            document.keys == [
                "campaign", "title", "opens_at", "closes_at", "ends_at", "catalog", "claims",
            ])
        #expect(document["campaign"] == .string("spring-festival"))
        #expect(document["opens_at"] == .string("2026-01-01T00:00:00.000Z"))
        #expect(document["closes_at"] == .string("2027-12-31T00:00:00.000Z"))
        #expect(document["ends_at"] == .string("2028-01-02T00:00:00.000Z"))
        #expect(document["catalog"] == .string(pages.catalogPath))
        #expect(document["claims"] == .string(claims))
        let tag = try #require(answer["etag"])
        #expect(get(pages, "/v1/campaign", [("if-none-match", tag)])?.status == 304)
    }

    @Test("the catalog's document holds what a page needs, for ever under the hash of its bytes")
    func catalog() throws {
        let (pages, shipped) = (try pages(), try ShippedCampaign.catalog())
        let answer = try #require(get(pages, pages.catalogPath))
        #expect(answer["cache-control"] == "public, max-age=31536000, immutable")
        #expect(answer.response.contentType == "application/json")
        #expect(pages.catalogPath == "/catalog/\(ContentHash.hex([answer.bytes])).json")
        let document = try members(try json(answer))
        #expect(document.keys == ["campaign", "title", "games", "gifts"])
        let games = try elements(document["games"]).map(members)
        #expect(games.map { $0["id"] } == shipped.games.map { .string($0.id) })
        #expect(games[0].keys == ["id", "name", "regions"])
        let regions = try elements(games[0]["regions"]).map(members)
        #expect(regions.map { $0["id"] } == shipped.games[0].regions.map { .string($0.id) })
        #expect(regions[0].keys == ["id", "name"])
        let gifts = try elements(document["gifts"]).map(members)
        #expect(gifts.map { $0["id"] } == shipped.gifts.map { .string($0.id) })
        #expect(gifts[0].keys == ["id", "game", "title", "image", "audience", "items"])
        #expect(gifts[0]["image"] == .string("/\(shipped.gifts[0].image)"))
        #expect(gifts[0]["game"] == .string("dragon-tide") && gifts[0]["audience"] == .string("new"))
        let items = try elements(gifts[0]["items"]).map(members)
        #expect(items[0].keys == ["id", "count"] && items[0]["count"] == .integer(1))
        let title = try members(try #require(gifts[0]["title"]))
        #expect(title["zh"] == .string(shipped.gifts[0].title.zh))
    }

    @Test("the catalog goes out compressed")
    func compressed() throws {
        let pages = try pages()
        let whole = try #require(get(pages, pages.catalogPath))
        let gzip = try #require(get(pages, pages.catalogPath, [("accept-encoding", "gzip")]))
        #expect(gzip.bytes.count < whole.bytes.count / 3)
        #expect(try Decoders.gunzip(gzip.bytes, room: whole.bytes.count) == whole.bytes)
        let brotli = try #require(get(pages, pages.catalogPath, [("accept-encoding", "br, gzip")]))
        #expect(brotli["content-encoding"] == "br" && brotli.bytes.count < gzip.bytes.count)
    }

    @Test("after reloads, the last catalogs are there still, and no more than four")
    func history() throws {
        var pages = try pages()
        let count = pages.count
        var paths = [pages.catalogPath]
        for title in ["A", "B", "C", "D"] {
            pages = try self.pages(try catalog(titled: title), previous: pages)
            paths.append(pages.catalogPath)
        }
        #expect(Set(paths).count == 5 && pages.count == count + 3)
        #expect(get(pages, paths[0])?.status == 404)
        for path in paths.dropFirst() { #expect(get(pages, path)?.status == 200) }
        // Back to one that is known: it is the newest, and stands there once.
        pages = try self.pages(try catalog(titled: "B"), previous: pages)
        #expect(pages.catalogPath == paths[2] && pages.count == count + 3)
        pages = try self.pages(try catalog(titled: "E"), previous: pages)
        for path in paths[2...4] { #expect(get(pages, path)?.status == 200) }
        #expect(get(pages, paths[1])?.status == 404)
        let document = try members(try json(get(pages, "/v1/campaign")))
        #expect(document["catalog"] == .string(pages.catalogPath))
    }

    @Test("the same again is the same; a catalog that differs in what pages do not show keeps its path")
    func same() throws {
        let first = try pages()
        #expect(try pages(previous: first).isSame(as: first))
        let retitled = try pages(try catalog(titled: "A"), previous: first)
        #expect(!retitled.isSame(as: first) && retitled.catalogPath != first.catalogPath)
        let shipped = try ShippedCampaign.catalog()
        let other = Catalog(
            campaign: shipped.campaign, games: shipped.games, gifts: shipped.gifts, contentHash: "other")
        #expect(try pages(other).catalogPath == first.catalogPath)
    }

    @Test("a catalog that is not there is not remembered as such, and other paths are the files'")
    func elsewhere() throws {
        let directory = try TemporaryDirectory()
        try directory.write("hello", to: "index.html")
        let pages = try pages(root: directory.path)
        for path in ["/catalog/0123456789abcdef.json", "/catalog/", "/catalog/../index.html"] {
            #expect(get(pages, path)?.status == 404 && get(pages, path)?["cache-control"] == "no-store")
        }
        #expect(get(pages, "/")?.text == "hello")
        let policy = get(pages, "/")?["content-security-policy"] ?? ""
        #expect(policy.contains("connect-src 'self' https://claims.example:8443;"))
        for path in ["/v1/campaign/", "/v1/gifts", "/catalog", "/none"] { #expect(get(pages, path) == nil) }
        let post = HTTPRequest(method: .post, target: pages.catalogPath)
        #expect(pages.response(to: post)?.status == 405)
        #expect(throws: FileFault.self) { try self.pages(root: "\(directory.path)/none") }
    }

    @Test("another catalog needs no file to be read")
    func withAnotherCatalog() throws {
        let directory = try TemporaryDirectory()
        try directory.write("hello", to: "web/index.html")
        let before = try pages(root: "\(directory.path)/web")
        try FileManager.default.removeItem(atPath: "\(directory.path)/web")
        let after = try before.with(try catalog(titled: "A"))
        #expect(get(after, "/")?.text == "hello")
        #expect(after.catalogPath != before.catalogPath)
        #expect(get(after, after.catalogPath)?.status == 200 && get(after, before.catalogPath)?.status == 200)
        let document = try members(try json(get(after, "/v1/campaign")))
        #expect(document["claims"] == .string(claims))
        #expect(document["catalog"] == .string(after.catalogPath))
    }

    @Test("only an origin gets into a policy")
    func origins() {
        #expect(PagePolicy.origin(of: "http://[::1]:80/x?y") == "http://[::1]:80")
        #expect(PagePolicy.origin(of: "https://a.example") == "https://a.example")
        for url in ["", "ftp://a", "http://", "http:///x", "//a", "http://a;b", "http://a b", "http://u@a"] {
            #expect(PagePolicy.origin(of: url) == nil, "\(url)")
        }
    }
}
