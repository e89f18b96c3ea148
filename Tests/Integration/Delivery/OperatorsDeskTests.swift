import OrderStore
import Orders
import Redis
import Stack
import Testing
import Wire

@Suite("Operators' acts on deliveries, over real stores", .serialized)
struct OperatorsDeskTests {
    private static let slow = #"{"perSecond":25,"burst":12,"reason":"asked for by them"}"#

    private func holds(_ object: JSONObject, _ key: String, _ value: JSON) -> Bool { object[key] == value }

    @Test("an act is written to Kafka, then to Redis, taken over by the other instance, and outlives both")
    func act() async throws {
        try await OperatorsHouse.with { house in
            try house.one.start()
            try house.two.start()
            #expect(
                try await eventually {
                    try house.ask(house.one, "GET", "status").json["delivering"] == .bool(true)
                })
            let answer = try house.ask(house.one, "PUT", "limits/carp", Self.slow)
            #expect(answer.status == 200, "\(answer)")
            // Whoever was answered finds it in both stores.
            let written = try house.acts()
            guard written.count == 1,
                case .limit("carp", 25, 12, nil, "ada", "asked for by them", _) = written[0]
            else { throw StackFailure("the control topic holds \(written)") }
            let copy = try await house.copy()
            #expect(copy.acts["l:carp"] == written[0] && copy.version > 0 && copy.unreadable == 0)
            // In force in the instance itself, on its pacer, at once.
            let own = try house.paced(house.one)
            #expect(own["limit"] == .double(25) && own["burst"] == .integer(12), "\(own)")
            #expect(own["max_concurrency"] == .integer(11))
            let isTaken = try await eventually { try house.paced(house.two)["limit"] == .double(25) }
            #expect(isTaken, "\(house.two.log)")
            #expect(
                try house.ask(house.two, "POST", "games/carp/pause", #"{"reason":"r"}"#, as: "bob").status
                    == 200)
            #expect(try await eventually { try house.paced(house.one)["paused"] == .bool(true) })
            // Both are killed; who comes back has the limit and the pause before it delivers anything.
            house.one.kill()
            house.two.kill()
            try house.one.start()
            let isBack = try await eventually {
                try house.ask(house.one, "GET", "status").json["delivering"] == .bool(true)
            }
            #expect(isBack, "\(house.one.log)")
            let back = try house.paced(house.one)
            #expect(back["limit"] == .double(25) && back["paused"] == .bool(true))
            guard case .object(let gate)? = back["gate"] else { throw StackFailure("no gate: \(back)") }
            #expect(gate["by"] == .string("bob") && gate["reason"] == .string("r"))
            let resumed = try house.ask(house.one, "POST", "games/carp/resume", #"{"reason":"well"}"#)
            #expect(resumed.status == 200)
            #expect(try house.paced(house.one)["paused"] == .bool(false))
            #expect(try house.acts().count == 3)
        }
    }

    @Test("what cannot be is refused with a problem that names it, and leaves nothing behind")
    func problems() async throws {
        try await OperatorsHouse.with { house in
            try house.one.start()
            func put(_ path: String, _ body: String) throws -> OperatorAnswer {
                try house.ask(house.one, "PUT", path, body)
            }
            #expect(try await eventually { try put("limits/nobody", Self.slow).status == 404 })
            #expect(try put("limits/nobody", Self.slow).problem == "no-such-game")
            let over = try put("limits/carp", #"{"perSecond":1001,"burst":12,"reason":"more"}"#)
            #expect(over.status == 409 && over.problem == "over-total" && over["field"] == "perSecond")
            let wide = try put(
                "limits/carp", #"{"perSecond":1,"burst":12,"maxConcurrency":12,"reason":"more"}"#)
            #expect(wide.status == 400 && wide["field"] == "maxConcurrency")
            #expect(try put("limits/total", #"{"perSecond":1,"burst":1,"reason":"x"}"#)["field"] == "burst")
            #expect(try house.ask(house.one, "POST", "games/carp/pause", "{}")["field"] == "reason")
            #expect(try house.ask(house.one, "POST", "games/carp/pause", "{}", as: nil).status == 401)
            #expect(try house.ask(house.one, "GET", "orders/nonsense").status == 400)
            #expect(try house.acts().isEmpty)
            let copy = try await house.copy()
            #expect(copy.version == 0 && copy.acts == OperatorActs())
            // The total may go below a game's limit, and then no game may go above it.
            #expect(try put("limits/total", #"{"perSecond":100,"burst":50,"reason":"x"}"#).status == 200)
            #expect(
                try put("limits/carp", #"{"perSecond":101,"burst":12,"reason":"x"}"#).problem == "over-total")
            #expect(try put("limits/carp", #"{"perSecond":100,"burst":12,"reason":"x"}"#).status == 200)
        }
    }

    @Test("an older act does not undo a newer one; a repeat changes nothing")
    func order() async throws {
        try await OperatorsHouse.with { house in
            func gate(_ isPaused: Bool, by name: String, _ at: Int64) -> ControlRecord {
                .gate(game: "carp", isPaused: isPaused, by: name, reason: "r", atMs: at)
            }
            func write(_ record: ControlRecord) async throws -> ControlWrite {
                try await house.store { store in
                    try await store.awaiting { store, then in store.writeControl(record, then: then) }
                }
            }
            #expect(try await write(gate(true, by: "m", 50)) == .holds(version: 1))
            #expect(try await write(gate(true, by: "m", 50)) == .holds(version: 1))
            #expect(try await write(gate(false, by: "z", 49)) == .overtaken(version: 1))
            // At the same moment the bytes decide, as they do in the fold.
            for name in ["a", "zz", "n", "m"] {
                let record = gate(true, by: name, 50)
                let before = try await house.copy().acts["g:carp"]!
                let write = try await write(record)
                let isNewer = record == before || record.isAfter(before)
                if case .holds = write { #expect(isNewer, "\(name)") } else { #expect(!isNewer, "\(name)") }
            }
            let copy = try await house.copy()
            #expect(copy.acts["g:carp"] == gate(true, by: "zz", 50) && copy.version == 2)
        }
    }

    @Test("promise 9: Redis is lost, then Kafka; a rebuild brings limits and pauses back each time")
    func lost() async throws {
        try await OperatorsHouse.with { house in
            try house.one.start()
            #expect(
                try await eventually {
                    try house.ask(house.one, "PUT", "limits/carp", Self.slow).status == 200
                })
            #expect(try house.ask(house.one, "POST", "games/carp/pause", #"{"reason":"r"}"#).status == 200)
            let acts = try await house.copy().acts
            #expect(acts.entries.count == 2)
            house.one.kill()
            try house.redis.restart(keepingData: false)
            let first = try house.command("reconciler", ["rebuild"])
            #expect(first.exit == .code(0), "\(first.text)")
            let rebuilt = try await house.copy()
            #expect(rebuilt.acts == acts && rebuilt.version > 2)
            try house.kafka.restart()
            #expect(try await eventually { (try? house.acts()) == [] })
            let second = try house.command("reconciler", ["rebuild"])
            #expect(second.exit == .code(0), "\(second.text)")
            #expect(
                try house.acts().sorted { $0.atMs < $1.atMs }
                    == acts.entries.map(\.record).sorted { $0.atMs < $1.atMs })
            // And so a second loss of Redis is survived too.
            try house.redis.restart(keepingData: false)
            let third = try house.command("reconciler", ["rebuild"])
            #expect(third.exit == .code(0), "\(third.text)")
            #expect(try await house.copy().acts == acts)
            try house.one.start()
            let isBack = try await eventually {
                let game = try house.paced(house.one)
                return game["limit"] == .double(25) && game["paused"] == .bool(true)
            }
            #expect(isBack, "\(house.one.log)")
        }
    }

    @Test("the commands do and show what the port does, and say by their exit codes what went wrong")
    func commands() async throws {
        try await OperatorsHouse.with { house in
            let early = try house.operate("status")
            #expect(early.exit == .code(66) || early.exit == .code(69), "\(early)")
            try house.one.start()
            #expect(
                try await eventually {
                    try house.ask(house.one, "GET", "status").json["delivering"] == .bool(true)
                })
            let set = try house.operate(
                "limits", "carp", "--per-second", "25", "--burst", "12", "--reason", "asked for")
            #expect(set.exit == .code(0) && set.text.contains("set by ada"), "\(set)")
            let paused = try house.operate("pause", "carp", "--reason", "their maintenance")
            #expect(paused.exit == .code(0) && paused.text.contains("paused by ada"), "\(paused)")
            let status = try house.operate("status")
            #expect(status.exit == .code(0) && status.text.contains("paused by ada: their"), "\(status)")
            let json = try house.operate("status", "--json")
            #expect(json.exit == .code(0) && json.text.contains(#""limit":25.0"#), "\(json)")
            let resumed = try house.operate("resume", "carp", "--reason", "they are back")
            #expect(resumed.exit == .code(0) && !resumed.text.contains("paused"), "\(resumed)")
            let shown = try house.operate("limits")
            #expect(shown.exit == .code(0) && shown.text.contains("total") && shown.text.contains("carp"))
            #expect(try house.operate("pause", "nobody", "--reason", "x").exit == .code(65))
            #expect(try house.operate("limits", key: "wrong").exit == .code(77))
            #expect(try house.operate("limits", "carp", "--burst", "3").exit == .code(64))
            let id = OrderID(lane: 1, shard: 3, sequence: 0).text
            let why = try house.operate("why", id)
            #expect(why.exit == .code(65) && why.text.contains("is not known"), "\(why)")
            #expect(try house.operate("why", "nonsense").exit == .code(64))
        }
    }
}
