import Glibc
import OrderStore
import Orders
import Redis
import Stack
import Testing

/// A store is lost under the whole house, and what people were told stays true.
@Suite("Rebuild", .serialized)
struct RebuildTests {
    /// Claims before, during and after `fault`; then everything must be as promised.
    private static func survive(_ fault: (RebuildHouse) async throws -> Void) async throws {
        try await RebuildHouse.with { (house) async throws in
            let notes = PeopleNotes(house)
            try await notes.claim(60)
            let before = try await notes.settled()
            let epoch = try await house.standing().knownEpoch
            // While they claim, and while the first of them are delivered.
            try await notes.claim(60) {
                #expect(try await eventually { house.game.deliveries.count > before.count })
                try await fault(house)
            }
            try await notes.claim(20)
            try await notes.askAgain()
            #expect(try await notes.areDelivered())
            try await notes.audit(deliveredBefore: before)
            #expect(try await house.standing() == .open(epoch: epoch + 1))
        }
    }

    @Test("promise 9: Redis is emptied under Claim and the Deliverer")
    func flushed() async throws {
        try await Self.survive { house in
            try await house.store { store in _ = try await store.redis.send(.make("FLUSHALL")) }
        }
    }

    @Test("promise 9: Redis is killed and comes back empty")
    func killed() async throws {
        try await Self.survive { house in try house.redis.restart(keepingData: false) }
    }

    @Test("promise 9: Redis comes back with its last seconds gone")
    func rolledBack() async throws {
        try await RebuildHouse.with { (house) async throws in
            let notes = PeopleNotes(house)
            try await notes.claim(30)
            _ = try await notes.settled()
            // What the file holds by now is all that comes back.
            let snapshot = try house.redis.snapshot()
            try await notes.claim(30)
            let before = try await notes.settled()
            try house.redis.restart(from: snapshot)
            try await notes.claim(30)
            try await notes.askAgain()
            #expect(try await notes.areDelivered())
            try await notes.audit(deliveredBefore: before)
            #expect(try await house.standing() == .open(epoch: 2))
        }
    }

    @Test("promise 9: the broker is wiped, and Redis after it")
    func wiped() async throws {
        try await RebuildHouse.with { (house) async throws in
            let notes = PeopleNotes(house)
            try await notes.claim(40)
            let before = try await notes.settled()
            try house.kafka.restart()
            try house.restartClients()
            try await notes.claim(20)
            try await notes.askAgain()
            #expect(try await notes.areDelivered())
            try await notes.audit(deliveredBefore: before)
            #expect(try await house.standing() == .open(epoch: 1))

            // Kafka holds again what rebuilds Redis.
            let all = try await notes.settled()
            try house.redis.restart(keepingData: false)
            try await notes.claim(20)
            try await notes.askAgain()
            #expect(try await notes.areDelivered())
            try await notes.audit(deliveredBefore: all)
            #expect(try await house.standing() == .open(epoch: 2))
        }
    }

    @Test("promise 9: a rebuild that is killed in the middle is begun anew by the next one")
    func cutShort() async throws {
        try await RebuildHouse.with(isStanding: false) { (house) async throws in
            let notes = PeopleNotes(house)
            try await notes.claim(40)
            let before = try await notes.settled()
            try await house.store { store in _ = try await store.redis.send(.make("FLUSHALL")) }
            #expect(try house.command("rebuild", "--dry-run").output.contains("would be rebuilt"))
            // Once while it waits for what was under way, once while it writes.
            let waiting = try house.begin(["rebuild"])
            #expect(try await eventually { try await house.standing() == .closed(epoch: 2) })
            waiting.kill()
            #expect(try house.command("rebuild").exit == .code(75))
            var writing: ChildProcess?
            #expect(
                try await eventually {
                    if let writing, writing.isRunning { return try await Self.isBeingWritten(house) }
                    writing = try house.begin(["rebuild"])
                    return false
                })
            writing?.kill()
            try house.reconciler.start()
            try await notes.claim(20)
            try await notes.askAgain()
            #expect(try await notes.areDelivered())
            try await notes.audit(deliveredBefore: before)
        }
    }

    @Test("promise 9: killed between any two steps, again and again, the next one comes to the same end")
    func cutAnywhere() async throws {
        try await RebuildHouse.with(isStanding: false) { (house) async throws in
            let notes = PeopleNotes(house)
            try await notes.claim(30)
            let before = try await notes.settled()
            try await house.store { store in _ = try await store.redis.send(.make("FLUSHALL")) }
            let shards = try await house.store { $0.keys.shards }
            let steps = [
                "read:1", "appended:1", "restored:1", "appended:\(shards)", "restored:\(shards)",
                "campaign:1", "recorded:1",
            ]
            for step in steps {
                // While the lease of the one before lasts, this one may not begin.
                var end: ChildProcess.Exit?
                let hasBegun = try await eventually {
                    end = try house.begin(["rebuild"], dyingAt: step).waitForExit(within: .seconds(60))
                    return end != .code(75)
                }
                try #require(hasBegun && end == .signal(SIGKILL), "\(step): \(String(describing: end))")
                guard case .closed = try await house.standing() else {
                    Issue.record("open behind \(step)")
                    return
                }
            }
            var last: (exit: ChildProcess.Exit?, output: String) = (nil, "")
            let hasBegun = try await eventually {
                last = try house.command("rebuild")
                return last.exit != .code(75)
            }
            try #require(hasBegun && last.exit == .code(0), "\(last)")
            try house.reconciler.start()
            try await notes.claim(10)
            try await notes.askAgain()
            #expect(try await notes.areDelivered())
            try await notes.audit(deliveredBefore: before)
        }
    }

    /// The rebuild has written some claims and has not opened the campaign.
    private static func isBeingWritten(_ house: RebuildHouse) async throws -> Bool {
        try await house.store { store in
            for shard in 0..<UInt16(store.keys.shards) {
                if try await !store.allClaims(shard: shard).isEmpty { return true }
            }
            return false
        }
    }

    @Test("a campaign that nobody has lost is left alone")
    func nothingToDo() async throws {
        try await RebuildHouse.with { (house) async throws in
            let notes = PeopleNotes(house)
            try await notes.claim(5)
            _ = try await notes.settled()
            let idle = try house.command("rebuild")
            #expect(idle.exit == .code(0) && idle.output.contains("nothing to rebuild"), "\(idle.output)")
            let compared = try house.command("rebuild", "--kafka", "--dry-run")
            #expect(compared.exit == .code(0) && compared.output.contains("would be"), "\(compared.output)")
            #expect(try await house.standing() == .open(epoch: 1))
            try await notes.audit(deliveredBefore: Set(notes.orders.values))
        }
    }
}
