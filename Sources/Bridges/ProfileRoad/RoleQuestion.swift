/// A question as the road hands it to whoever carries it to the game's role service.
package struct RoleQuestion: Sendable {
    /// What the reply must bear.
    package let token: UInt64
    package let url: String
    package let timeoutMs: Int
    package let connectTimeoutMs: Int
}

/// What came of a question.
package struct RoleReply: Sendable {
    package enum Result: Sendable {
        case answered(status: Int, body: [UInt8])
        /// No answer in time, or no connection.
        case failed
    }

    package let token: UInt64
    package let result: Result

    package init(token: UInt64, result: Result) {
        self.token = token
        self.result = result
    }
}
