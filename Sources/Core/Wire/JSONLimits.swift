/// The most that one JSON text may hold: checked before and while parsing, so that a hostile text costs
/// no more than a bounded one.
package struct JSONLimits: Sendable {
    /// Of the whole text.
    package var maxBytes: Int
    /// Of arrays and objects within each other; a bare value has depth 0.
    package var maxDepth: Int
    /// Values in all, containers included.
    package var maxNodes: Int

    package init(maxBytes: Int, maxDepth: Int, maxNodes: Int) {
        precondition(maxDepth <= 128, "the parser's own depth is bounded by maxDepth")
        self.maxBytes = maxBytes
        self.maxDepth = maxDepth
        self.maxNodes = maxNodes
    }

    /// A request from outside.
    package static let request = JSONLimits(maxBytes: 4096, maxDepth: 8, maxNodes: 256)
    /// A record of Kafka, an answer of a game.
    package static let record = JSONLimits(maxBytes: 16384, maxDepth: 8, maxNodes: 512)
    /// A file of ours.
    package static let document = JSONLimits(maxBytes: 4 << 20, maxDepth: 32, maxNodes: 200_000)
}
