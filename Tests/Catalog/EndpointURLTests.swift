import Testing

@testable import Catalog

@Suite("Endpoint URLs")
struct EndpointURLTests {
    private let placeholders = Placeholders(
        values: ["PORT": "8080", "HOST": "games.example"], allowUnset: false)

    private func refusal(_ url: String, parameter: String? = nil) -> String? {
        do {
            _ = try EndpointURL.expand(url, parameter: parameter, placeholders: placeholders)
            return nil
        } catch {
            return error.reason
        }
    }

    @Test(
        "accepted",
        arguments: [
            "http://a", "https://a.b-c.example:1/x?y=z&q=%20", "http://127.0.0.1:65535/", "http://[::1]:80/x",
            "http://[2001:db8::1]", "https://a?x", "http://${HOST}:${PORT}/x",
        ])
    func accepted(_ url: String) {
        #expect(refusal(url) == nil)
    }

    @Test(
        "refused",
        arguments: [
            "", "a", "//a/b", "ftp://a", "HTTP:/a", "http://", "http:///x", "http://:80/", "http://a:/",
            "http://a:0/",
            "http://a:65536/", "http://a:80x/", "http://a:+80/", "http://user@a/", "http://user:pw@a/",
            "http://a b/",
            "http://a/\u{e9}", "http://a/#f", "http://a/<x>", "http://a\\b", "http://-a/", "http://a_b/",
            "http://[::1/",
            "http://[::1]x/", "http://[zz]/", "http://a/{order}", "http://{order}/", "http://a/$PORT",
            "http://a/${PORT",
            "http://a/${}", "http://a/${port}", "http://a/${UNSET}",
        ])
    func refused(_ url: String) {
        #expect(refusal(url) != nil)
    }

    @Test("the parameter stands exactly once, after the host")
    func parameter() {
        #expect(refusal("http://a/o/{order}", parameter: "order") == nil)
        #expect(refusal("http://a?o={order}&x=1", parameter: "order") == nil)
        for url in [
            "http://a/o", "http://{order}/o", "http://a/{order}{order}", "http://a/{Order}",
            "http://a/{order}}",
        ] {
            #expect(refusal(url, parameter: "order") != nil, "\(url)")
        }
    }

    @Test("placeholders are filled, and unset ones count as 1 when allowed")
    func fills() throws {
        let url = try EndpointURL.expand(
            "http://${HOST}:${PORT}/{user}", parameter: "user", placeholders: placeholders)
        #expect(url == "http://games.example:8080/{user}")
        let lenient = try EndpointURL.expand(
            "http://127.0.0.1:${NOBODY}/", parameter: nil,
            placeholders: Placeholders(values: [:], allowUnset: true))
        #expect(lenient == "http://127.0.0.1:1/")
    }

    @Test("a value with something else in it than a port is checked like the rest of the URL")
    func valuesAreChecked() {
        let odd = Placeholders(values: ["PORT": "80/@ x"], allowUnset: false)
        #expect(throws: EndpointURL.Refusal.self) {
            try EndpointURL.expand("http://a:${PORT}/", parameter: nil, placeholders: odd)
        }
    }
}
