import ArgumentParser
import ServiceShell

// Claim: one coupon, one order.
//
// What it does. A person sends a coupon and names a gift pack, a region and a role. Claim answers 202 with
// an order ID once the order stands in Redis and in Kafka, or says why not. That is all: delivering is
// others' work.
//
// The states of a claim. Checked (ticket, coupon, gift, region, eligibility: no I/O but the profile) →
// batched (with what else came for its shard in this tick of the loop) → decided by one script in Redis,
// which finds the coupon's earlier order, or takes quota and stock, writes claim, state and outbox entry and
// gives a number → produced to `orders.<game>`, or to `.held` where an operator must approve of it →
// acknowledged → confirmed in Redis (out of the outbox) → answered.
//
// Its promises. One coupon has one order: whatever speaks against a claim, the script looks up the stored
// order first, and only a coupon without one hears the refusal. An ID is used once: a loop numbers orders
// in a lane of its own, which stands in Kafka before the first number and is never given out again; numbers
// of which it is not known whether they were used are burnt. Nothing is sold twice: shards draw from the
// campaign's pool under cumulative counters. A 202 is said only when both stores hold the order, and while
// the lease says that no rebuild of Redis can have overlooked it.
//
// When things fail. Redis does not answer: whether the script ran is unknown, so the range is burnt and the
// person is asked to repeat (503, Retry-After); the repeat finds what happened. Redis was restarted,
// replaced or emptied: how it stands is asked after every connect and every second, every script carries the
// epoch and is refused under another one, and nothing is taken until a rebuild has opened the next. Only a
// campaign that neither Redis nor Kafka knows is opened from here. Kafka is slow or away: after the answer's
// deadline 503; the order stays in the outbox, a late acknowledgement still confirms it, and the sweep of
// the lane's owner produces it again under the same ID, one at a time until Kafka is back. The process dies:
// its lease ends, and a living lane sweeps its outbox; a record that stands in the topic twice is one order
// to everybody. The process sleeps through its lease: it numbers and promises nothing until it has a new
// lane. Role services do not answer: what they said within the day counts, otherwise 503, never a guess. The
// campaign's files are edited: the edit is served, or refused with what is wrong. SIGTERM: the port drains,
// answers go out, the lanes are given up, exit 0.

@main
struct ClaimCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "claim",
        abstract: "Takes claims: one coupon, one order.",
        discussion: """
            Checks login tickets and coupons, decides each claim by one batched script in Redis, hands the \
            order to Kafka and answers 202 with its ID once Kafka has acknowledged it. A repeated claim gets \
            the same order.

            docs/openapi.yaml describes the HTTP interface.
            """,
        subcommands: [Serve.self, SettleCommand.self])

    struct Serve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Serves POST /v1/claims and GET /v1/orders/{order} until SIGTERM.",
            discussion: """
                Settings: campaign, redis.url, kafka.bootstrap or kafka.bootstrap_file, \
                kafka.message_timeout_ms, http.host, http.port, admin.host, admin.port, admin.keys_file, \
                ports_file, loops, tickets.audience, tickets.keys_file, coupons.keys_file, \
                profiles.deadline, log.level, shutdown.deadline.

                With defaults that are rarely changed: claim.answer_deadline (3s), claim.sweep_age (6s; must \
                be longer than Kafka's message timeout), claim.outbox_max (4096 a shard), claim.max_open, \
                claim.max_waiting, claim.sweep_max, claim.lease (10s), claim.lease_renewal (2s), \
                claim.redis_timeout (1s), kafka.linger_ms (5), claim.profile_age (10m), \
                claim.sold_out_memory (30s).

                Each may be overridden by an environment variable: redis.url by HONGBAO_REDIS_URL, \
                kafka.bootstrap by HONGBAO_KAFKA_BOOTSTRAP, claim.sweep_age by HONGBAO_CLAIM_SWEEP_AGE.

                Exit codes: 0 stopped by SIGTERM in time; 1 failed; 75 the broker's address has changed, \
                start again; 78 a setting will not do (standard error names it and what would).
                """)

        @Option(name: .long, help: ArgumentHelp("The settings file (YAML).", valueName: "file"))
        var config: String

        func run() async throws {
            await ServiceProcess.run(name: "claim", configPath: config) { context in
                try ClaimService.parts(context)
            }
        }
    }
}
