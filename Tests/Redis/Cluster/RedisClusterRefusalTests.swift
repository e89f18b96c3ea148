import Testing

@testable import Redis

@Suite("Redis Cluster: what becomes of a refused command")
struct RedisClusterRefusalTests {
    @Test("MOVED to a master that was there is followed at once, and learnt")
    func moved() {
        var stage = MachineStage.ready()
        var call = stage.begin(1)
        #expect(stage.refused("MOVED 1 h:7001", by: 7000, &call) == "send 7001")
        #expect(stage.port(stage.machine.route(1)!) == 7001 && stage.port(stage.machine.route(2)!) == 7000)
        var other = stage.begin(2)
        #expect(stage.refused("MOVED 2 :7002", by: 7000, &other) == "send 7002")
    }

    @Test("MOVED to a node that was no master goes to the caller: it may be a failover")
    func movedElsewhere() {
        var stage = MachineStage.ready()
        var call = stage.begin(1)
        #expect(stage.refused("MOVED 1 h:7004", by: 7000, &call) == "give up")
        #expect(stage.port(stage.machine.route(1)!) == 7000)
        #expect(stage.wake().first?.hasPrefix("read") == true)
    }

    @Test("a command without a key that met the wrong master follows, and teaches nothing")
    func keyless() {
        var stage = MachineStage.ready()
        _ = stage.wake()
        _ = stage.map(MachineStage.thirds, from: 7001)
        let dueNs = stage.machine.nextWakeNs
        var call = stage.begin(nil)
        #expect(stage.refused("MOVED 16000 h:7002", by: 7000, &call) == "send 7002")
        #expect(call.slot == 16000 && stage.machine.nextWakeNs == dueNs)
    }

    @Test("ASK is followed behind ASKING, as soon as the node is connected, and changes no map")
    func ask() {
        var stage = MachineStage.ready()
        var call = stage.begin(1)
        #expect(stage.refused("ASK 1 h:7001", by: 7000, &call) == "send 7001 asking")
        #expect(stage.port(stage.machine.route(1)!) == 7000)
        var other = stage.begin(1)
        #expect(stage.refused("ASK 1 h:7009", by: 7000, &other) == "pause 4 ms, connect 7009")
        #expect(stage.text(stage.machine.resumed(other, nowNs: stage.nowNs)) == "send 7000")
        _ = stage.ready(7009)
        #expect(stage.refused("ASK 1 h:7009", by: 7000, &other) == "send 7009 asking")
    }

    @Test("TRYAGAIN and CLUSTERDOWN wait longer each time, within the deadline and a bound")
    func pauses() {
        var stage = MachineStage.ready()
        var call = stage.begin(1, ms: 60_000)
        var pauses: [String] = []
        while pauses.last != "give up", pauses.count < 100 {
            pauses.append(stage.refused("TRYAGAIN keys are moving", by: 7000, &call))
        }
        #expect(
            pauses.prefix(6) == [
                "pause 4 ms", "pause 8 ms", "pause 16 ms", "pause 32 ms", "pause 64 ms", "pause 64 ms",
            ])
        #expect(pauses.count == stage.machine.limits.maxRepeats + 1)
        var short = stage.begin(1, ms: 10)
        #expect(stage.refused("CLUSTERDOWN no", by: 7000, &short) == "pause 4 ms")
        stage.nowNs += 5_000_000
        #expect(stage.refused("CLUSTERDOWN no", by: 7000, &short) == "give up")
    }

    @Test("nodes that send a command to and fro are followed a few times, then slowly")
    func toAndFro() {
        var stage = MachineStage.ready()
        var call = stage.begin(1)
        var verdicts: [String] = []
        for hop in 0..<6 {
            let (by, to) = hop % 2 == 0 ? (7000, 7001) : (7001, 7000)
            verdicts.append(stage.refused("MOVED 1 h:\(to)", by: by, &call))
        }
        #expect(verdicts == ["send 7001", "send 7000", "send 7001", "send 7000", "pause 4 ms", "pause 8 ms"])
    }

    @Test(
        "a command is sent again only to the masters of its time",
        arguments: ["TRYAGAIN x", "CLUSTERDOWN x", "MOVED 1 h:7002", "ASK 1 h:7002"])
    func era(message: String) {
        var stage = MachineStage.ready()
        var call = stage.begin(1)
        _ = stage.ready(7001, false)
        #expect(stage.refused(message, by: 7000, &call) == "give up")
        var waiting = stage.begin(1)
        #expect(stage.refused("TRYAGAIN x", by: 7000, &waiting) == "pause 4 ms")
        _ = stage.ready(7001)
        #expect(stage.machine.resumed(waiting, nowNs: stage.nowNs) != .giveUp)
        _ = stage.ready(7001, false)
        #expect(stage.machine.resumed(waiting, nowNs: stage.nowNs) == .giveUp)
    }

    @Test("other refusals and unreadable redirects are the caller's")
    func others() {
        var stage = MachineStage.ready()
        var call = stage.begin(1)
        for message in ["ERR no", "MOVED", "ASK 1", "MOVED 99999 h:1", "LOADING wait"] {
            #expect(stage.refused(message, by: 7000, &call) == "give up", "\(message)")
        }
    }

    @Test("whatever happens in whatever order: bounded repeats, never beyond deadline or era")
    func random() {
        for seed in 0..<300 as Range<UInt64> {
            var random = SeededRandom(seed: seed)
            var stage = MachineStage.ready()
            var call = stage.begin(Int.random(in: 0..<16384, using: &random))
            var sends = 0
            for _ in 0..<60 {
                stage.nowNs += UInt64.random(in: 0...40_000_000, using: &random)
                let port = Int.random(in: 7000...7005, using: &random)
                switch Int.random(in: 0..<8, using: &random) {
                case 0 where stage.node(port) >= 0: _ = stage.ready(port, Bool.random(using: &random))
                case 1:
                    let ranges = MachineStage.thirds.map { range in
                        var range = range
                        if Int.random(in: 0..<4, using: &random) == 0 { range.port += 3 }
                        return range
                    }
                    if let read = stage.wake().first, read.hasPrefix("read") {
                        _ = stage.map(ranges, from: Int(read.suffix(4))!)
                    }
                default:
                    let code = ["MOVED", "ASK", "TRYAGAIN", "CLUSTERDOWN"].randomElement(using: &random)!
                    let verdict = stage.refused("\(code) 7 h:\(port)", by: 7000, &call)
                    guard !verdict.hasPrefix("give up") else { continue }
                    sends += 1
                    #expect(call.era == stage.machine.era && stage.nowNs < call.deadlineNs)
                }
                let masters = stage.machine.masters
                #expect(!stage.machine.isReady || masters.allSatisfy { stage.machine.nodes[$0].isReady })
            }
            #expect(sends <= stage.machine.limits.maxRepeats)
        }
    }
}
