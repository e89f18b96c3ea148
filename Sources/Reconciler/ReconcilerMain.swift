import ArgumentParser

/// Reconciler: the truth about every order, and the way to set it right.
///
/// **What it does.** Reads what Redis and Kafka say of every order of a campaign, puts each order into
/// exactly one class, and names the orders that are due and nowhere on their way. Those become a plan; an
/// operator who applies it sends them again under the same IDs.
///
/// **The cut.** Sources are read in the direction in which orders travel: claims, outbox, held, the offsets
/// that the deliverers have committed, orders, retries, outcomes, dead, states. An order that moves on during
/// the reading moves into something that is read later, so nothing on its way is taken for missing, and no
/// source has to stand still. What is due is the claims and the records together; below the highest number
/// that each lane had given out, the states tell of orders that both have lost. What two sources tell
/// differently is looked at twice and then named, with what each says; a game's own statement is one more.
///
/// **The rebuild.** When one of the stores has lost something the other one holds what rebuilds it: see
/// ``Rebuild``. `verify` shows that they tell the same again.
///
/// **Promises.** It changes nothing but by `apply` and by a rebuild. `apply` writes to `.control` who sends
/// what and why, before and after, demands a second person where much is at stake, and sends only what no
/// state and no record on its way speaks against; what may have been granted unseen is marked as unknown
/// first, so that its game is asked. A repeat is harmless, since the deliverer's compare-and-set lets an
/// order be in flight once.
///
/// **When things fail.** A source that cannot be read fails the whole run: half a reading would call orders
/// missing. Records that nobody understands are counted and reported by partition. Classes that do not add up
/// void the run.
@main
struct ReconcilerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconciler",
        abstract: "Says what became of every order, and sends again what was lost.",
        discussion: """
            `diff` compares files of order IDs. `run` and `plan` read Redis and Kafka; `show`, `plan \
            approve`, `apply` and `plan stop` deal with a plan. `audit` lists who did what; `statement` is \
            the closing statement of a campaign. `rebuild` makes Redis whole again from Kafka, or Kafka from \
            Redis; `verify` compares the two and the stock. `serve` reconciles periodically and by its admin \
            port, and rebuilds by itself where it may. Settings come from a YAML file (campaign, redis.url, \
            kafka.bootstrap or kafka.bootstrap_file, reconciler.too_young, reconciler.every, \
            resend.per_second, resend.orders_alone, resend.value_alone, rebuild.automatic, \
            rebuild.settle_wait); each can be overridden by \
            HONGBAO_<SECTION>_<KEY> in the environment.
            """,
        subcommands: [
            DiffCommand.self, RunCommand.self, PlanCommand.self, ShowCommand.self, ApplyCommand.self,
            AuditCommand.self, ClosingCommand.self, RebuildCommand.self, VerifyCommand.self,
            ServeCommand.self,
        ])
}

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Reconciles periodically and on demand until SIGTERM.",
        discussion: """
            One process at a time over all that serve a campaign, by a lease in Redis; the others take over \
            when its lease ends. The admin port has, for key holders, POST /v1/admin/runs (reconcile now: \
            {"reason"}), GET /v1/admin/runs and GET /v1/admin/runs/<id> or /last. Reports are kept as files; \
            what must be known at once is logged as an error, counted in /metrics and told in /readyz, which \
            does not fail for it. When the campaign is over the closing statement is written beside them.

            Settings besides those of `run`: reconciler.every (1h), reconciler.lease (15s), \
            reconciler.reports_dir (reports), reconciler.keep_reports (30d), reconciler.alarm_age (the \
            delivery window), admin.host, admin.port, admin.keys_file, ports_file, log.level, \
            shutdown.deadline. There orders younger than reconciler.too_young (10s) \
            are not called missing. With rebuild.automatic a store that was lost is rebuilt at once; else \
            the service only says that it must be.
            """)

    @Option(help: ArgumentHelp("The settings file (YAML).", valueName: "file"))
    var config: String

    func run() async throws {
        await ReconcilerService.run(configPath: config)
    }
}
