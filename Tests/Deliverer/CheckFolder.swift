import Catalog
import Foundation

@testable import Deliverer

/// A campaign of one game and the folder of its secrets, on disk; gone with the test.
final class CheckFolder {
    /// Valid from 2026 to 2089.
    static let certificate = pem(
        "CERTIFICATE",
        """
        MIIBdTCCARugAwIBAgIUDIVjN0LDUKx53J3SGkAcxPqH5KswCgYIKoZIzj0EAwIw
        DzENMAsGA1UEAwwEY2FycDAgFw0yNjExMjExNzIxMjFaGA8yMDg5MTExMDE3MjEy
        MVowDzENMAsGA1UEAwwEY2FycDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABB0t
        NIsR0NL4pjQ6HYkA25CO1uNwnOOVu2lLM5qzOlPc2FI/Iwv92c/y4IxynMrm0Lbu
        dXyQEi4d44mTNk0PbeqjUzBRMB0GA1UdDgQWBBQ/xVtGHEvKuymln+mAkO6Ropz+
        yjAfBgNVHSMEGDAWgBQ/xVtGHEvKuymln+mAkO6Ropz+yjAPBgNVHRMBAf8EBTAD
        AQH/MAoGCCqGSM49BAMCA0gAMEUCIAc/DGeanGFYVRp7xQx0GP1vybfW6qwp3OwO
        +xOLc6jPAiEA44XhuOpbbgtkFApl9BHwpa4GFQKpDdmogtogTTjL99I=
        """)
    static let key = pem(
        "PRIVATE KEY",
        """
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgVr4JnPV/I1Zj4Nd+
        oy/2dI+qKQkQLXU4z1yAGh3Oo+KhRANCAAQdLTSLEdDS+KY0Oh2JANuQjtbjcJzj
        lbtpSzOaszpT3NhSPyML/dnP8uCMcpzK5tC27nV8kBIuHeOJkzZND23q
        """)
    static let otherKey = pem(
        "PRIVATE KEY",
        """
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg6W0RYcZoG9/M8MTJ
        bGKWq0l3X0/n0FVfs8xX1mZC0quhRANCAATF+7nFD3FKLTlV415kdlml7wziWbUi
        kayAiH5vLbt8fw3DoNXkEOQxPc71yLNteBhp5Zg/YN1OsldWA54u0gq+
        """)
    /// 2030: within the certificate's life.
    static let nowMs: Int64 = 1_900_000_000_000
    static let webhook = "whsec_" + String(repeating: "QUJD", count: 12)
    static let hex = "hex:" + String(repeating: "a1", count: 32)

    let path = NSTemporaryDirectory() + "hongbao-check-\(UInt64.random(in: .min ... .max))"

    init() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    private static func pem(_ label: String, _ base64: String) -> String {
        "-----BEGIN \(label)-----\n\(base64)\n-----END \(label)-----\n"
    }

    func write(_ files: [String: String]) throws {
        for (name, text) in files {
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: "\(path)/\(name)")
        }
    }

    /// - Parameter members: of the game's entry, behind its endpoint.
    func catalog(_ endpoint: String, _ members: String = #","queryEndpoint":null"#) throws -> Catalog {
        let files = Self.files(endpoint, members).map { Array($0.utf8) }
        return try CatalogLoader.load(
            campaign: files[0], games: files[1], gifts: files[2], directory: "c")
    }

    /// Writes the campaign into a directory and returns that.
    func writeCampaign(_ endpoint: String, _ members: String = "") throws -> String {
        try FileManager.default.createDirectory(atPath: "\(path)/c", withIntermediateDirectories: true)
        for (name, text) in zip(CatalogLoader.fileNames, Self.files(endpoint, members)) {
            try write(["c/\(name)": text])
        }
        return "\(path)/c"
    }

    private static func files(_ endpoint: String, _ members: String) -> [String] {
        let campaign = #"""
            {"id":"c","title":{"en":"C","zh":"C"},"opensAt":"2026-01-01T00:00:00Z",
             "closesAt":"2026-02-01T00:00:00Z","settlesAt":"2026-02-02T00:00:00Z",
             "endsAt":"2026-02-03T00:00:00Z","couponKinds":[{"id":"k","slot":0,"title":{"en":"K","zh":"K"}}],
             "totalLimit":{"perSecond":100,"burst":40},"deliveryWindowMs":172800000,
             "storage":{"shards":1,"claimBuckets":1,"ordersPartitions":1,"outcomesPartitions":1,
             "retryTiersMs":[30000],"replication":1},
             "ranking":{"preference":0.7,"popularity":0.2,"freshness":0.1,"freshHalfLifeMs":60000,
             "dimensions":1}}
            """#
        let games = #"""
            {"games":[{"id":"carp","slot":0,"name":{"en":"G","zh":"G"},"limit":{"perSecond":30,"burst":10},
             "maxConcurrency":5,"requestTimeoutMs":1000,"connectTimeoutMs":500,"endpoint":"\#(endpoint)",
             "roleServiceEndpoint":"https://a.example/r/{user}","idempotent":true,
             "regions":[{"id":"r1","slot":0,"name":{"en":"R","zh":"R"}}]\#(members)}]}
            """#
        let gifts = #"""
            {"gifts":[{"id":"p","slot":0,"game":"carp","title":{"en":"P","zh":"P"},"image":"p.svg",
             "audience":"new","stock":1,"items":[{"id":"i","count":2}],"highValue":false,"features":[],
             "popularity":0,"freshAt":"2026-01-05T00:00:00Z"}]}
            """#
        return [campaign, games, gifts]
    }
}
