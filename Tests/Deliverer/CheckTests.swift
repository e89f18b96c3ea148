import Catalog
import Foundation
import HTTPClient
import Testing

@testable import Deliverer

@Suite("deliverer check")
struct CheckTests {
    private let folder: CheckFolder

    init() throws {
        folder = try CheckFolder()
        try folder.write([
            "carp.secret": CheckFolder.webhook, "ca.pem": CheckFolder.certificate,
            "carp.pem": CheckFolder.certificate, "carp.key": CheckFolder.key,
        ])
    }

    private static let tls =
        #","tls":{"caFile":"ca.pem","certificateFile":"carp.pem","keyFile":"carp.key","http2":true}"#

    private func report(
        _ endpoint: String = "https://a.example/g/{order}", _ members: String = "",
        allowsPrivate: Bool = false,
        nowMs: Int64 = CheckFolder.nowMs, addresses: [String] = ["1.1.1.1"]
    ) throws -> CheckReport {
        let catalog = try folder.catalog(endpoint, members)
        return CheckReport(
            catalog,
            GameCheck.Setting(
                gamesFile: "c/games.json", secretsDirectory: folder.path, allowsPrivate: allowsPrivate,
                resolve: { _ in
                    addresses.isEmpty
                        ? .failure(HostAddresses.Fault(reason: "no such name"))
                        : .success(addresses.compactMap { HostAddresses.Address($0) })
                }, nowMs: nowMs))
    }

    private func faults(_ report: CheckReport) -> [String] {
        report.faults.map { $0.description.replacingOccurrences(of: folder.path, with: "SECRETS") }
    }

    @Test("a good game is one line of what was understood, within 100 columns")
    func good() throws {
        let report = try report(
            "https://a.example/g/{order}", Self.tls + #","queryEndpoint":"https://a.example/q?o={order}""#)
        #expect(!report.hasFaults && report.warnings.isEmpty)
        let check = try #require(report.games.first)
        #expect(check.method == "POST" && check.url == "https://a.example/g/0000000000001")
        #expect(check.query == "https://a.example/q?o=0000000000001")
        #expect(check.answers == "2xx granted, 409 already granted")
        #expect(check.signature == "Standard Webhooks, 1 secret")
        #expect(check.tls == "TLS by its own authorities, our certificate until 2089-11-10")
        #expect(check.version == "HTTP/2 where offered")
        #expect(report.text.split(separator: "\n").allSatisfy { $0.count <= 100 })
        #expect(report.text.contains("ok     carp  POST https://a.example/g/0000000000001"))
        #expect(report.text.hasSuffix("0 faults, 0 warnings"))
    }

    @Test("a dialect's codes, rules and scheme are told; no signature can be read")
    func dialect() throws {
        try folder.write(["carp.secret": CheckFolder.hex])
        let get = try report(
            "https://a.example/g?o={order}",
            #","dialect":{"method":"GET","signature":{"scheme":"hmac-query"},"#
                + #""success":[200,202],"alreadyGranted":[208]}"#)
        #expect(!get.hasFaults)
        #expect(get.games[0].answers == "200, 202 granted, 208 already granted")
        #expect(get.games[0].signature == "hmac-query in sig, ts, 1 secret")
        #expect(get.games[0].url == "https://a.example/g?o=0000000000001&ts=1900000000&sig=(64 bytes)")
        let rules = try report(
            "https://a.example/g",
            #","dialect":{"body":{"form":{"o":"{order}"}},"signature":{"scheme":"hmac-query"},"#
                + #""rules":[{"field":"ret","equals":0,"means":"granted"}],"otherwise":"rejected"}"#)
        #expect(rules.games[0].answers == "1 rule, another value is rejected")
    }

    @Test("secrets: missing, unreadable, of the wrong form, at their end")
    func secrets() throws {
        for (text, reason) in [
            ("", "no key is given"), ("whsec_QUJD", "key 1: shorter than the algorithm needs"),
            (CheckFolder.hex, "key 1: not of the form that Standard Webhooks gives it: whsec_ and base 64"),
            (CheckFolder.webhook + " until=2031-01-01T00:00:00Z", "every key has an end: one must have none"),
        ] {
            try folder.write(["carp.secret": text])
            #expect(try faults(report()) == ["SECRETS/carp.secret: $: \(reason)"])
        }
        let old = CheckFolder.webhook + " until="
        try folder.write(["carp.secret": "\(old)2029-01-01T00:00:00Z\n\(CheckFolder.webhook)"])
        let ended = try report()
        #expect(!ended.hasFaults && ended.warnings.first?.reason == "key 1 ended on 2029-01-01 and may go")
        try folder.write(["carp.secret": "\(old)2031-01-01T00:00:00Z\n\(CheckFolder.webhook)"])
        #expect(
            try report().games[0].signature == "Standard Webhooks, 2 secrets, one until 2031-01-01")
        #expect(try !report().text.contains(String(repeating: "QUJD", count: 12)))
    }

    @Test("certificates: missing, another's key, ended, not yet valid, soon at their end")
    func certificates() throws {
        func first(_ nowMs: Int64 = CheckFolder.nowMs) throws -> [String] {
            try faults(report(Self.endpoint, Self.tls, nowMs: nowMs))
        }
        let place = "c/games.json: games(carp).tls"
        #expect(try first() == [])
        #expect(
            try first(3_900_000_000_000) == [
                "\(place).caFile: the certificate ended on 2089-11-10",
                "\(place).certificateFile: the certificate ended on 2089-11-10",
            ])
        #expect(try first(1_700_000_000_000).first?.contains("not valid before 2026-11-21T") == true)
        let soon = try report(Self.endpoint, Self.tls, nowMs: 3_781_000_000_000)
        #expect(
            soon.warnings.map(\.reason) == Array(repeating: "the certificate ends on 2089-11-10", count: 2))
        try folder.write(["carp.key": CheckFolder.otherKey])
        #expect(try first() == ["\(place).keyFile: SECRETS/carp.key: is not the key of carp.pem"])
        try folder.write(["carp.key": "no key", "ca.pem": "no certificate"])
        #expect(try first().count == 2)
        try folder.write(["carp.pem": ""])
        #expect(try first().last == "\(place).certificateFile: SECRETS/carp.pem: not a certificate in PEM")
    }

    private static let endpoint = "https://a.example/g"

    @Test("addresses: private ones are a fault unless they are allowed, or only some of a name's are")
    func addresses() throws {
        let place = "c/games.json: games(carp).endpoint"
        #expect(
            try faults(report("http://10.1.2.3/g")) == [
                "\(place): 10.1.2.3 is private, and games.allow_private is false: nothing is sent"
            ])
        #expect(
            try faults(report(Self.endpoint, addresses: ["127.0.0.1", "::1"])) == [
                "\(place): a.example is 127.0.0.1, which is private, and games.allow_private is false: "
                    + "nothing is sent"
            ])
        #expect(try faults(report(Self.endpoint, allowsPrivate: true, addresses: ["127.0.0.1"])) == [])
        let some = try report(Self.endpoint, addresses: ["192.168.0.1", "1.1.1.1"])
        #expect(!some.hasFaults && some.warnings.count == 1)
        let none = try report(Self.endpoint, addresses: [])
        #expect(!none.hasFaults && none.warnings.first?.reason.contains("no such name") == true)
        #expect(try report("http://a.example/g").warnings.map(\.path) == ["games(carp).endpoint"])
    }

    @Test("faults of the campaign's files are told as they are, and JSON holds everything")
    func shape() throws {
        let broken = CheckReport(faults: [CatalogFault(file: "f", path: "games[0].slot", reason: "is odd")])
        #expect(broken.hasFaults && broken.text.contains("fault  f: games[0].slot: is odd"))
        let json = try report("http://10.1.2.3/g").json
        #expect(json.hasPrefix(#"{"campaign":"c","ok":false,"games":[{"game":"carp","ok":false,"#))
        #expect(json.contains(#""findings":[{"level":"fault","file":"c/games.json","path":"games(carp)."#))
    }
}
