import CampaignFiles
import Catalog
import Foundation
import HTTPServer
import Testing
import Wire

@testable import Recommend

@Suite("Pages from StaticData/web")
struct StaticPagesTests {
    private let directory: TemporaryDirectory
    private let pages: StaticPages

    init() throws {
        directory = try TemporaryDirectory()
        try directory.write("secret", to: "secret.txt")
        try directory.write("<h1>hello</h1>", to: "web/index.html")
        try directory.write("<svg/>", to: "web/gifts/a.svg")
        try directory.write("x", to: "web/gifts/strange name.txt")
        try directory.write("x", to: "web/.hidden")
        try directory.write("x", to: "web/.git/config")
        try directory.write("x", to: "web/data.unknown")
        try directory.write("landing", to: "web/landing/index.html")
        try FileManager.default.createSymbolicLink(
            atPath: "\(directory.path)/web/link.txt", withDestinationPath: "\(directory.path)/secret.txt")
        try FileManager.default.createSymbolicLink(
            atPath: "\(directory.path)/web/up", withDestinationPath: directory.path)
        pages = try StaticPages(root: "\(directory.path)/web")
    }

    private func get(
        _ target: String, method: HTTPRequest.Method = .get, headers: [(String, String)] = []
    ) -> PageAnswer? {
        PageAnswer(pages.response(to: HTTPRequest(method: method, target: target, headers: headers)))
    }

    @Test("pages are served with their type, and / is index.html")
    func serves() {
        #expect(get("/")?.text == "<h1>hello</h1>" && get("/index.html")?.text == "<h1>hello</h1>")
        #expect(get("/")?.response.contentType == "text/html; charset=utf-8")
        #expect(get("/?coupon=x&ticket=y")?.text == "<h1>hello</h1>")
        #expect(get("http://gifts.example/index.html?x")?.text == "<h1>hello</h1>")
        #expect(get("http://gifts.example")?.text == "<h1>hello</h1>")
        #expect(get("/gifts/a.svg")?.response.contentType == "image/svg+xml")
        #expect(get("/data.unknown")?.response.contentType == "application/octet-stream")
        #expect(get("/landing/")?.text == "landing" && get("/landing/index.html")?.text == "landing")
    }

    @Test("documents and images say what they may do")
    func policies() throws {
        for path in ["/", "/gifts/a.svg", "/data.unknown", "/landing/"] {
            #expect(get(path)?["x-content-type-options"] == "nosniff")
            #expect(get(path)?["cache-control"]?.hasPrefix("public, max-age=60") ?? false)
        }
        let page = try #require(get("/")?["content-security-policy"])
        #expect(page.contains("default-src 'self'; connect-src 'self'; ") && page.contains("frame-ancestors"))
        #expect(get("/")?["referrer-policy"] == "no-referrer")
        #expect(get("/gifts/a.svg")?["content-security-policy"]?.hasPrefix("default-src 'none'") ?? false)
        #expect(get("/data.unknown")?["content-security-policy"] == nil)
    }

    @Test("a directory with an index is sent to its slash, with its query; one without is not there")
    func redirects() {
        let answer = get("/landing?ticket=a.b&x=%2F")
        #expect(answer?.status == 308 && answer?["location"] == "/landing/?ticket=a.b&x=%2F")
        #expect(get("/landing", method: .head)?["location"] == "/landing/")
        #expect(get("http://gifts.example/landing?q")?["location"] == "/landing/?q")
        #expect(get("/landing", method: .post)?["allow"] == "GET, HEAD")
        for path in ["/gifts", "/gifts/", "//landing", "/landing//", "/%6canding"] {
            #expect(get(path) == nil, "\(path)")
        }
    }

    @Test("only GET and HEAD")
    func methods() {
        #expect(get("/", method: .head)?.status == 200)
        for method: HTTPRequest.Method in [.post, .put, .delete, .options, .patch, .other("TRACE")] {
            #expect(get("/", method: method)?.status == 405)
            #expect(get("/", method: method)?["allow"] == "GET, HEAD")
        }
    }

    @Test(
        "no path leads out, along a link, or to what is hidden",
        arguments: [
            "/../secret.txt", "/gifts/../../secret.txt", "/..%2fsecret.txt", "/%2e%2e/secret.txt",
            "//secret.txt", "/%2e%2e%2fsecret.txt", "/%252e%252e/secret.txt", "/..\\secret.txt",
            "\\..\\secret.txt", "/..%5csecret.txt", "/\0", "/index.html\0", "/index.html%00.svg",
            "http://gifts.example/../secret.txt", "http://gifts.example//index.html", "/gifts/../index.html",
            "/%69ndex.html", "/INDEX.HTML", "/index.html.", "/index.html ", "/;/index.html",
            "/./index.html", "/link.txt", "/up/secret.txt", "/.hidden", "/.git/config", "/gifts", "/gifts/",
            "/index.html/", "/index.html%00", "*", "/etc/passwd", "/gifts/strange%20name.txt",
        ])
    func closed(_ target: String) {
        let request = HTTPRequest(method: .get, target: target)
        // A target that the server itself refuses has the path "/" when it is made by hand.
        #expect(request.path == "/" || pages.response(to: request) == nil)
    }

    @Test("random paths find nothing but pages")
    func fuzz() {
        var random = SplitMix64(seed: 91)
        let parts = [
            "/", ".", "..", "gifts", "a.svg", "index.html", "secret.txt", "up", "link.txt", "%2e", "\\", "\0",
        ]
        for _ in 0..<5000 {
            let path = (0..<Int.random(in: 0...8, using: &random)).map { _ in
                parts.randomElement(using: &random)!
            }
            .joined()
            if let body = get(path)?.text { #expect(["<h1>hello</h1>", "<svg/>"].contains(body)) }
        }
    }

    @Test("a directory that is not there is a fault")
    func missing() {
        #expect(throws: FileFault.self) { try StaticPages(root: "\(directory.path)/none") }
        #expect(StaticPages().count == 0)
    }

    @Test("what is unchanged is taken over when all is read again")
    func reread() throws {
        let root = "\(directory.path)/web"
        let again = try StaticPages(root: root, previous: pages)
        #expect(again.isSame(as: pages))
        try directory.write("<h1>bye</h1>", to: "web/index.html")
        try directory.write("new", to: "web/new.txt")
        let changed = try StaticPages(root: root, previous: pages)
        #expect(!changed.isSame(as: pages) && changed.count == pages.count + 1)
        let answer = PageAnswer(changed.response(to: HTTPRequest(method: .get, target: "/")))
        #expect(answer?.text == "<h1>bye</h1>" && answer?["etag"] != get("/")?["etag"])
    }

    @Test("a file beyond the maximum is a fault that names it")
    func tooLarge() throws {
        let path = "\(directory.path)/web/large.bin"
        #expect(FileManager.default.createFile(atPath: path, contents: nil))
        #expect(truncate(path, StaticPages.maxFileBytes + 1) == 0)
        let fault = #expect(throws: FileFault.self) { try StaticPages(root: "\(directory.path)/web") }
        #expect(fault?.path == path)
    }

    @Test("the images that are shipped are all taken in")
    func shipped() throws {
        let pages = try StaticPages(root: "\(ShippedCampaign.staticData)/web")
        for gift in try ShippedCampaign.catalog().gifts {
            #expect(pages.response(to: HTTPRequest(method: .get, target: "/\(gift.image)"))?.status == 200)
        }
    }
}
