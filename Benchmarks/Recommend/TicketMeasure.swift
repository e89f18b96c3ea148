import Bench
import Credentials
import Glibc

/// Verifying a ticket in this process, without a network around it.
struct TicketMeasure {
    /// What a ticket that is seen for the first time may take, in µs.
    private static let budget = 6.0
    /// So many that no set overflows.
    private static let cacheEntries = 1 << 17

    let stage: Stage
    private var count: Int { stage.options.quick ? 2_000 : 20_000 }

    func run() throws -> [ResultRow] {
        stage.say("tickets: \(count) of each kind, verified in this process")
        var rows: [ResultRow] = []
        for algorithm in TicketAlgorithm.allCases {
            let own = (stage.tickets.key, stage.tickets.key)
            let cost = try cost(algorithm == .hs256 ? own : try ExampleKeys.pair(algorithm))
            let name = algorithm.rawValue
            var first = ResultRow("ticket \(name), first seen", ours: cost.first, unit: "µs", better: .lower)
            if algorithm == .hs256 {
                first = ResultRow(
                    first.measure, ours: cost.first, unit: "µs", better: .lower, peer: Self.budget,
                    peerName: "budget", pass: 1)
            }
            rows.append(first)
            rows.append(
                ResultRow(
                    "ticket \(name), seen before", ours: cost.again, unit: "µs", better: .lower,
                    peer: cost.first, peerName: "first seen"))
        }
        return rows
    }

    /// µs a ticket, through the cache of verified tickets that an event loop has: each for the first time,
    /// and once more. Medians of several rounds, each with other tickets and an empty cache.
    private func cost(_ keys: (signing: TicketKey, verifying: TicketKey)) throws -> (
        first: Double, again: Double
    ) {
        let signer = try TicketSigner(key: keys.signing)
        let verifier = try TicketVerifier(keys: [keys.verifying], audience: TicketDesk.audience)
        var costs: (first: [Double], again: [Double]) = ([], [])
        for round in 0..<max(3, stage.options.pairs) {
            let tokens = tokens(signer, round: round)
            var cache = VerifiedTickets(
                verifier: verifier, entries: Self.cacheEntries, seed: (Stage.seed, UInt64(round)))
            costs.first.append(try verify(tokens, &cache))
            precondition(cache.hits == 0, "a ticket was seen twice")
            costs.again.append(try verify(tokens, &cache))
            precondition(cache.hits == UInt64(tokens.count), "a ticket was not kept")
        }
        return (Median.of(costs.first), Median.of(costs.again))
    }

    private func tokens(_ signer: TicketSigner, round: Int) -> [[UInt8]] {
        (0..<count).map { index in
            Array(
                signer.sign(
                    user: 1_000_000_000 + UInt64(index), audience: TicketDesk.audience,
                    issuedAtS: stage.nowS - Int64(round), expiresAtS: stage.nowS + 86_400
                ).utf8)
        }
    }

    /// µs a ticket.
    private func verify(_ tokens: [[UInt8]], _ cache: inout VerifiedTickets) throws -> Double {
        let started = Self.processorTimeNs
        var sum: UInt64 = 0
        for token in tokens {
            let ticket = token.withUnsafeBufferPointer { bytes -> Result<Ticket, TicketError> in
                do throws(TicketError) {
                    return .success(try cache.verify(bytes, nowS: stage.nowS))
                } catch {
                    return .failure(error)
                }
            }
            sum &+= try ticket.get().user
        }
        let elapsedNs = Self.processorTimeNs - started
        // The sum is looked at, so that the compiler leaves nothing out.
        precondition(sum != 0)
        return Double(elapsedNs) / 1000 / Double(tokens.count)
    }

    /// Of this thread: what else the machine does is not counted.
    private static var processorTimeNs: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
