/// The right to make one request to one game, given by `DeliveryPacer.next` and handed back, once, to
/// `finished`. Every request costs its own permit: a retry, a query and a probe alike.
package struct Permit: Sendable, Equatable {
    /// The game's slot in the catalog.
    package let game: UInt8
    /// The circuit breaker's generation at the start.
    let generation: UInt32
    /// When it was given, monotonic nanoseconds.
    package let startedNs: UInt64
    /// When the request left, monotonic nanoseconds: from here the game's latency counts. Its owner sets it
    /// where something came between the permit and the request.
    package var sentNs: UInt64

    init(game: UInt8, generation: UInt32, startedNs: UInt64) {
        self.game = game
        self.generation = generation
        self.startedNs = startedNs
        sentNs = startedNs
    }
}

/// How a request ended, as far as pacing cares.
package enum FinishKind: Sendable, Equatable {
    /// The game answered and works: 2xx, 409, and the 4xx that judge the order and not the game.
    case succeeded
    /// The game answered that it could not: 408, 425, 5xx.
    case failed
    /// The game asked for a pause: 429, or 503 with Retry-After. Holds the whole game for that long, in
    /// full; nil means it did not say how long.
    case throttled(retryAfterNs: UInt64?)
    /// No answer in time: what was sent may still lie unread in the game's socket.
    case timedOut
    /// The connection broke after something may have been sent; nothing on it can be read later.
    case lost
    /// Nothing was sent: refused, unresolved, no route.
    case neverLeft
    /// Given up for a reason of our own, before anything was sent; says nothing about the game.
    case withdrawn
}

/// What to do now.
package enum PacingDecision: Sendable, Equatable {
    /// Start one request. Ask again at once, with a fresh clock reading.
    case start(Permit)
    /// Nothing may start before that time; ask again then, or when something finished or changed.
    case wait(untilNs: UInt64)
    /// Only an event can change anything: a finish, a limit, a resume, something to send.
    case idle
}
