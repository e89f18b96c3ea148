package struct HTTPClientOptions: Sendable {
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

    package init(maxConnections: Int = 512, perHost: Int = 128, name: String = "http-client") {
        self.maxConnections = maxConnections
        self.perHost = perHost
        self.name = name
    }
}
