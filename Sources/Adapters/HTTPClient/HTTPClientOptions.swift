package struct HTTPClientOptions: Sendable {
    package static let maxTurnUs = 100_000

    /// Transfers at once, all hosts together, and the size of the connection cache. Should be at least
    /// hosts · `perHost`, or hung hosts together could take the last one.
    package var maxConnections: Int
    /// Transfers, and so connections, at once to one host (scheme, name and port).
    package var perHost: Int
    /// Names the thread, up to 15 bytes of it.
    package var name: String
    /// Requests handed over and not completed; more are completed as `neverLeft`, `overloaded`.
    package var maxOutstanding = 65_536
    /// An idle connection older than this is not used again. Servers close idle connections, some after
    /// 5 s; a request that crosses with such a close ends as `mayHaveLeft`.
    package var maxIdleSeconds = 4
    /// How long a resolved name is kept.
    package var dnsCacheSeconds = 60
    package var userAgent = "hongbao"
    /// Whether connections may go to private, loopback, link-local and other special addresses. Without it
    /// a request to such an address ends as `neverLeft`, `refused`.
    package var allowsPrivate = true
    /// Without `allowsPrivate`: networks that are allowed beside the public ones.
    package var allowedNetworks: [IPNetwork] = []
    /// The thread looks at sockets and mail at most once in this time, so that it handles many at a look
    /// (sooner the more a look finds); an answer waits for that long at most. Up to `maxTurnUs`; 0: as soon
    /// as there is something.
    package var turnUs = 0
    /// Tests: plain http through libcurl as well.
    var isPlainPathOff = false
    /// Tests: HTTP/2 without TLS, with prior knowledge.
    var isHTTP2Assumed = false

    package init(maxConnections: Int = 512, perHost: Int = 128, name: String = "http-client") {
        self.maxConnections = maxConnections
        self.perHost = perHost
        self.name = name
    }

    var addressRule: AddressRule { AddressRule(allowsPrivate: allowsPrivate, allowed: allowedNetworks) }
}
