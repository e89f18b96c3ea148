import Testing

@testable import Redis

/// Masters at ports 7000, 7001, 7002 with a third of the slots each, and as text what a machine does.
struct MachineStage {
    static let second: UInt64 = 1_000_000_000
    static let thirds = [
        RedisSlotRange(slots: 0...5460, host: "h", port: 7000),
        RedisSlotRange(slots: 5461...10922, host: "h", port: 7001),
        RedisSlotRange(slots: 10923...16383, host: "h", port: 7002),
    ]

    var machine = RedisClusterMachine(seeds: [RedisAddress(host: "h", port: 7000)])
    var nowNs: UInt64 = 1 << 40

    func port(_ node: Int) -> Int { machine.nodes[node].port }
    func node(_ port: Int) -> Int { machine.nodes.firstIndex { $0.port == port } ?? -1 }

    func text(_ actions: [RedisClusterMachine.Action]) -> [String] {
        actions.map { action in
            switch action {
            case .connect(let node): "connect \(port(node))"
            case .retire(let node): "retire \(port(node))"
            case .readMap(let node): "read \(port(node))"
            case .state(let isReady): "state \(isReady)"
            }
        }
    }

    mutating func start() -> [String] {
        let actions = machine.start()
        return text(actions)
    }

    mutating func ready(_ port: Int, _ isReady: Bool = true) -> [String] {
        let actions = machine.changed(node(port), isReady: isReady, nowNs: nowNs)
        return text(actions)
    }

    /// Lets time go on until the machine wants to do something.
    mutating func wake() -> [String] {
        guard machine.nextWakeNs != .max else { return ["nothing due"] }
        nowNs = max(nowNs, machine.nextWakeNs)
        let actions = machine.wake(nowNs: nowNs)
        return text(actions)
    }

    mutating func map(_ ranges: [RedisSlotRange]?, from port: Int) -> [String] {
        let actions = machine.mapRead(ranges, from: node(port), nowNs: nowNs)
        return text(actions)
    }

    func begin(_ slot: Int?, ms: UInt64 = 1000) -> RedisClusterCall {
        machine.begin(slot: slot, deadlineNs: nowNs + ms * 1_000_000)
    }

    mutating func refused(_ message: String, by port: Int, _ call: inout RedisClusterCall) -> String {
        let code = String(message.prefix { $0 != " " })
        let (verdict, actions) = machine.refused(
            code: code, message: message, from: node(port), call: &call, nowNs: nowNs)
        return ([text(verdict)] + text(actions)).joined(separator: ", ")
    }

    func text(_ verdict: RedisClusterVerdict) -> String {
        switch verdict {
        case .giveUp: "give up"
        case .send(let node, let asking): "send \(port(node))\(asking ? " asking" : "")"
        case .pause(let untilNs): "pause \((untilNs - nowNs) / 1_000_000) ms"
        }
    }

    /// All three masters connected.
    static func ready() -> MachineStage {
        var stage = MachineStage()
        _ = stage.start()
        _ = stage.ready(7000)
        _ = stage.wake()
        _ = stage.map(thirds, from: 7000)
        _ = stage.ready(7001)
        _ = stage.ready(7002)
        return stage
    }
}

@Suite("Redis Cluster: the machine's map and nodes")
struct RedisClusterMachineTests {
    @Test("a seed tells the map, all masters are connected, and then it is ready")
    func connecting() {
        var stage = MachineStage()
        #expect(stage.start() == ["connect 7000"])
        #expect(stage.start() == [])
        #expect(stage.wake() == ["nothing due"])
        #expect(stage.machine.route(0) == nil)
        #expect(stage.ready(7000) == [])
        #expect(stage.wake() == ["read 7000"])
        #expect(stage.wake() == ["nothing due"])
        #expect(stage.map(MachineStage.thirds, from: 7000) == ["connect 7001", "connect 7002"])
        #expect(stage.ready(7001) == [])
        #expect(!stage.machine.isReady)
        #expect(stage.ready(7002) == ["state true"])
        #expect(
            [0, 5460, 5461, 16383].map { stage.port(stage.machine.route($0)!) } == [7000, 7000, 7001, 7002])
    }

    @Test("slots that nobody serves, or no map at all, mean not ready and another look")
    func holes() {
        var stage = MachineStage()
        _ = stage.start()
        _ = stage.ready(7000)
        _ = stage.wake()
        let beforeNs = stage.nowNs
        #expect(stage.map(nil, from: 7000) == [])
        #expect(stage.wake() == ["read 7000"])
        #expect(stage.nowNs > beforeNs)
        #expect(stage.map([RedisSlotRange(slots: 0...16382, host: "", port: 7000)], from: 7000) == [])
        #expect(stage.machine.route(16383) == nil && stage.machine.route(1) == 0)
        #expect(stage.wake() == ["read 7000"])
        #expect(
            stage.map([RedisSlotRange(slots: 0...16383, host: "", port: 7000)], from: 7000) == ["state true"])
    }

    @Test("seeds that are no masters are let go once all masters are there, and taken up when all is lost")
    func seeds() {
        var stage = MachineStage()
        stage.machine = RedisClusterMachine(
            seeds: [7005, 7000, 7005].map { RedisAddress(host: "h", port: $0) })
        #expect(stage.start() == ["connect 7005", "connect 7000"])
        _ = stage.ready(7005)
        #expect(stage.wake() == ["read 7005"])
        _ = stage.map(MachineStage.thirds, from: 7005)
        for port in [7000, 7001, 7002] { _ = stage.ready(port) }
        _ = stage.wake()
        #expect(stage.map(MachineStage.thirds, from: 7000) == ["retire 7005"])
        for port in [7000, 7001, 7002] { _ = stage.ready(port, false) }
        #expect(stage.wake() == ["connect 7005"])
    }

    @Test("a lost master is told at once; the map is asked of the others until another has taken over")
    func failover() {
        var stage = MachineStage.ready()
        let era = stage.machine.era
        #expect(stage.ready(7001, false) == ["state false"])
        #expect(stage.machine.era > era)
        var asked: Set<String> = []
        for _ in 0..<4 {
            let actions = stage.wake()
            asked.formUnion(actions)
            #expect(stage.map(MachineStage.thirds, from: actions == ["read 7000"] ? 7000 : 7002) == [])
        }
        #expect(asked == ["read 7000", "read 7002"])
        let actions = stage.wake()
        var after = MachineStage.thirds
        after[1].port = 7004
        #expect(stage.map(after, from: actions == ["read 7000"] ? 7000 : 7002) == ["connect 7004"])
        #expect(stage.port(stage.machine.route(6000)!) == 7004)
        #expect(stage.ready(7004) == ["state true"])
    }

    @Test("the map is looked at every second, and soon after a surprise, but not without pause")
    func refresh() {
        var stage = MachineStage.ready()
        _ = stage.wake()
        _ = stage.map(MachineStage.thirds, from: 7001)
        #expect(stage.machine.nextWakeNs == stage.nowNs + MachineStage.second)
        var call = stage.begin(1)
        #expect(stage.refused("MOVED 1 h:7002", by: 7000, &call) == "send 7002")
        let pauseNs = stage.machine.limits.refreshPauseNs
        #expect(stage.machine.nextWakeNs == stage.nowNs + pauseNs)
    }

    @Test("a node that became a master while connected is told of, and ends the era")
    func newMaster() {
        var stage = MachineStage.ready()
        var call = stage.begin(1)
        #expect(stage.refused("ASK 1 h:7009", by: 7000, &call) == "pause 4 ms, connect 7009")
        #expect(stage.ready(7009) == [])
        let asked = stage.wake()[0]
        let era = stage.machine.era
        var after = MachineStage.thirds
        after[0].slots = 2...5460
        after.insert(RedisSlotRange(slots: 0...1, host: "h", port: 7009), at: 0)
        #expect(stage.map(after, from: Int(asked.suffix(4))!) == ["state false", "state true"])
        #expect(stage.machine.isReady && stage.machine.era == era + 1)
        #expect(stage.machine.masters.count == 4)
    }

    @Test("a master without slots any more is let go, and nobody is alarmed")
    func goneMaster() {
        var stage = MachineStage.ready()
        let era = stage.machine.era
        let actions = stage.wake()
        let two = [
            RedisSlotRange(slots: 0...10922, host: "h", port: 7000),
            RedisSlotRange(slots: 10923...16383, host: "h", port: 7002),
        ]
        #expect(stage.map(two, from: Int(actions[0].suffix(4))!) == ["retire 7001"])
        #expect(stage.machine.era == era && stage.machine.isReady)
    }

    @Test("closed, it does nothing any more")
    func closed() {
        var stage = MachineStage.ready()
        let call = stage.begin(1)
        stage.machine.close()
        #expect(stage.wake() == ["nothing due"])
        #expect(stage.ready(7000, false) == [] && stage.start() != ["state true"])
        #expect(stage.machine.resumed(call, nowNs: stage.nowNs) == .giveUp)
    }
}
