/// Why a command gave no reply to use. What matters is whether it may have been applied.
package struct RedisFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is known of the command's fate.
    package enum Kind: Sendable, Equatable {
        /// It did not leave this process: surely not applied.
        case neverSent
        /// It was handed to the socket and no reply came: it may have been applied, or be applied yet.
        case unknown
        /// The server answered with an error; `code` is its first word, such as `NOSCRIPT`.
        case refused(code: String)
    }

    package var kind: Kind
    /// For people; holds no arguments of the command.
    package var message: String

    package init(kind: Kind, message: String) {
        self.kind = kind
        self.message = message
    }

    /// The failure that an error reply means: its first word is the code, by the protocol's convention.
    package init(errorReply text: String) {
        let code = text.prefix { $0 != " " }
        self.init(kind: .refused(code: String(code)), message: text)
    }

    /// Whether the command surely had no effect, so that sending it again is harmless.
    ///
    /// An error reply alone does not say so: a script can fail half-way, after its first writes. The
    /// codes below are given before a command, or a script's first write, is carried out.
    package var isSurelyNotApplied: Bool {
        switch kind {
        case .neverSent: true
        case .unknown: false
        case .refused(let code): Self.refusedBeforeEffect.contains(code)
        }
    }

    /// Whether the server answered with this code.
    package func hasCode(_ code: String) -> Bool { kind == .refused(code: code) }

    private static let refusedBeforeEffect: Set<String> = [
        "NOSCRIPT", "LOADING", "NOAUTH", "MOVED", "ASK", "TRYAGAIN", "CLUSTERDOWN", "MASTERDOWN",
        "BUSY", "READONLY", "MISCONF", "OOM", "CROSSSLOT", "NOREPLICAS",
        // Said by scripts that look at what they are told of the store first of all, before any write.
        "EPOCH",
    ]

    package var description: String {
        switch kind {
        case .neverSent: "redis: not sent: \(message)"
        case .unknown: "redis: outcome unknown: \(message)"
        case .refused: "redis: refused: \(message)"
        }
    }
}
