/// A receiver of deliveries: where it is, what it bears, and whether a repeat or a question is safe.
package struct Game: Sendable, Equatable {
    package let id: String
    /// Dense and frozen: 0..<games; it is what binary forms carry and indexes `Catalog.games`.
    package let slot: UInt8
    package let name: LocalizedText
    package let limit: RateLimit
    /// Requests in flight at most, below `limit.burst`: a stalled game may read them all at once.
    package let maxConcurrency: Int
    /// From the start of a request to its last byte, in milliseconds.
    package let requestTimeoutMs: Int
    package let connectTimeoutMs: Int
    /// URL that grants are posted to; may name fields of the order in braces (`OrderTemplate`).
    package let endpoint: String
    /// URL with `{order}` that tells whether an order was granted; nil = cannot be asked.
    package let queryEndpoint: String?
    /// URL with `{user}` that tells a person's registration and roles.
    package let roleServiceEndpoint: String
    /// True = the game promises that a repeat of the same order ID grants nothing more.
    package let idempotent: Bool
    /// Index = slot.
    package let regions: [Region]
    /// An operator holds the game back: none of its packs may be claimed for now, whatever their own flag
    /// says.
    package let isPaused: Bool
    /// nil = the standard contract.
    package let dialect: GameDialect?
    /// nil = the system's authorities, no certificate of ours, HTTP/1.1.
    package let tls: GameTLS?

    package init(
        id: String, slot: UInt8, name: LocalizedText, limit: RateLimit, maxConcurrency: Int,
        requestTimeoutMs: Int, connectTimeoutMs: Int, endpoint: String, queryEndpoint: String?,
        roleServiceEndpoint: String, idempotent: Bool, regions: [Region], isPaused: Bool = false,
        dialect: GameDialect? = nil, tls: GameTLS? = nil
    ) {
        self.id = id
        self.slot = slot
        self.name = name
        self.limit = limit
        self.maxConcurrency = maxConcurrency
        self.requestTimeoutMs = requestTimeoutMs
        self.connectTimeoutMs = connectTimeoutMs
        self.endpoint = endpoint
        self.queryEndpoint = queryEndpoint
        self.roleServiceEndpoint = roleServiceEndpoint
        self.idempotent = idempotent
        self.regions = regions
        self.isPaused = isPaused
        self.dialect = dialect
        self.tls = tls
    }

    /// The region with this id, or nil; a game has few regions, so a walk beats a table.
    package func region(id: String) -> Region? {
        regions.first { $0.id == id }
    }

    /// Where to ask about a person (decimal in the URL).
    package func roleURL(user: UInt64) -> String {
        EndpointURL.fill(roleServiceEndpoint, "user", with: String(user))
    }

    /// Where to ask about an order (its text form in the URL); nil = the game cannot be asked.
    package func queryURL(order: String) -> String? {
        queryEndpoint.map { EndpointURL.fill($0, "order", with: order) }
    }
}

/// A server group of a game; `slot` is dense within its game and frozen.
package struct Region: Sendable, Equatable {
    package let id: String
    package let slot: UInt16
    package let name: LocalizedText

    package init(id: String, slot: UInt16, name: LocalizedText) {
        self.id = id
        self.slot = slot
        self.name = name
    }
}
