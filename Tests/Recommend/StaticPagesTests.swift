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
        try FileManager.default.createSymbolicLink(
            atPath: "\(directory.path)/web/link.txt", withDestinationPath: "\(directory.path)/secret.txt")
        try FileManager.default.createSymbolicLink(
            atPath: "\(directory.path)/web/up", withDestinationPath: directory.path)
        pages = try StaticPages(root: "\(directory.path)/web")
    }

    private func get(
        _ target: String, method: HTTPRequest.Method = .get, headers: [(String, String)] = []
    ) -> HTTPResponse? {
        pages.response(to: HTTPRequest(method: method, target: target, headers: headers))
    }

    private func text(_ response: HTTPResponse?) -> String? {
        guard case .bytes(let bytes) = response?.body else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("pages are served with their type, and / is index.html")
    func serves() {
        #expect(text(get("/")) == "<h1>hello</h1>" && text(get("/index.html")) == "<h1>hello</h1>")
        #expect(get("/")?.contentType == "text/html; charset=utf-8")
        #expect(text(get("/?coupon=x&ticket=y")) == "<h1>hello</h1>")
        #expect(get("/gifts/a.svg")?.contentType == "image/svg+xml")
        #expect(get("/data.unknown")?.contentType == "application/octet-stream")
        let headers = get("/")?.headers.map(\.0) ?? []
        #expect(headers.contains("content-security-policy") && headers.contains("x-content-type-options"))
    }

    @Test("what is unchanged is not sent again")
    func revalidates() throws {
        let tag = try #require(get("/gifts/a.svg")?.headers.first { $0.0 == "etag" }?.1)
        for field in [tag, "W/\(tag)", "\"x\", \(tag)", "*"] {
            let response = get("/gifts/a.svg", headers: [("If-None-Match", field)])
            #expect(response?.status == 304 && response?.body.count == 0, "\(field)")
        }
        #expect(get("/gifts/a.svg", headers: [("If-None-Match", "\"x\"")])?.status == 200)
    }

    @Test("only GET and HEAD")
    func methods() {
        #expect(get("/", method: .head)?.status == 200)
        for method: HTTPRequest.Method in [.post, .put, .delete, .options] {
            #expect(get("/", method: method)?.status == 405)
        }
    }

    @Test(
        "no path leads out, along a link, or to what is hidden",
        arguments: [
            "/../secret.txt", "/gifts/../../secret.txt", "/..%2fsecret.txt", "/%2e%2e/secret.txt",
            "//secret.txt",
            "/./index.html", "/link.txt", "/up/secret.txt", "/.hidden", "/.git/config", "/gifts", "/gifts/",
            "/index.html/", "/index.html%00", "*", "/etc/passwd", "/gifts/strange%20name.txt",
        ])
    func closed(_ target: String) {
        #expect(get(target) == nil)
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
            if let body = text(get(path)) { #expect(["<h1>hello</h1>", "<svg/>"].contains(body)) }
        }
    }

    @Test("a directory that is not there is a fault")
    func missing() {
        #expect(throws: FileFault.self) { try StaticPages(root: "\(directory.path)/none") }
        #expect(StaticPages().count == 0)
    }

    @Test("the images that are shipped are all taken in")
    func shipped() throws {
        let pages = try StaticPages(root: "\(ShippedCampaign.staticData)/web")
        for gift in try ShippedCampaign.catalog().gifts {
            #expect(pages.response(to: HTTPRequest(method: .get, target: "/\(gift.image)"))?.status == 200)
        }
    }
}
