import Logging
import NIOCore

/// The connections of one event loop to a cluster's masters: carries out what `RedisClusterMachine` says.
///
/// Owner: the loop. Everything here is called on it.
final class RedisCluster {
    typealias Completion = RedisConnection.Completion
    typealias Node = RedisClusterMachine.Node

    private let loop: any EventLoop
    private let options: RedisOptions
    private let logger: Logger
    private let seed: RedisAddress
    private let connect: (RedisAddress) -> RedisConnection
    private var machine: RedisClusterMachine
    /// By node; nil where none is kept.
    private var connections: [RedisConnection?] = []
    /// No longer wanted, until what is under way on them has come back.
    private var retiring: [ObjectIdentifier: RedisConnection] = [:]
    private var timer: Scheduled<Void>?
    private var timerAtNs: UInt64 = .max
    private var readyWaiters = RedisReadyWaiters()
    private(set) var isClosed = false

    /// Commands begun and not completed, paused ones included.
    private var underWay = 0
    private var paused: [UInt64: Paused] = [:]
    private var nextPause: UInt64 = 0
    private var settledWaiters: [() -> Void] = []

    /// Whether a master for every slot is connected; on changes.
    var onState: ((Bool) -> Void)?
    private var past = RedisCounters()
    private(set) var clusterCounters = RedisClusterCounters()

    private struct Paused {
        let timer: Scheduled<Void>
        let failure: RedisFailure
        let then: Completion
    }

    /// What travels: a command, or a script's call that may need its script loaded.
    enum Request {
        case command(RedisCommand)
        case script(RedisScript, call: RedisCommand)
    }

    init(
        seeds: [RedisAddress], loop: any EventLoop, options: RedisOptions, logger: Logger,
        connect: @escaping (RedisAddress) -> RedisConnection
    ) {
        precondition(!seeds.isEmpty, "a cluster is found by at least one node")
        seed = seeds[0]
        self.loop = loop
        self.options = options
        self.logger = logger
        self.connect = connect
        machine = RedisClusterMachine(seeds: seeds)
    }

    // MARK: - Life

    var isReady: Bool { machine.isReady }

    var masters: [RedisConnection] { machine.masters.compactMap { connection($0) } }

    var counters: RedisCounters {
        connections.reduce(into: past) { if let one = $1?.counters { $0.add(one) } }
    }

    func start() {
        guard !isClosed else { return }
        perform(machine.start())
    }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        let wasReady = machine.isReady
        machine.close()
        timer?.cancel()
        for connection in connections { connection?.close() }
        for connection in retiring.values { connection.close() }
        retiring.removeAll()
        let stopped = paused.values
        paused.removeAll()
        for one in stopped {
            one.timer.cancel()
            complete(.failure(one.failure), one.then)
        }
        if wasReady { onState?(false) }
        for then in readyWaiters.takeAll() { then(.failure(Self.closed)) }
    }

    func whenReady(within limit: Duration, then: @escaping Completion) {
        if isReady { return then(.success(.null)) }
        guard !isClosed else { return then(.failure(Self.closed)) }
        start()
        let ticket = readyWaiters.add(then)
        loop.assumeIsolated().scheduleTask(in: .nanoseconds(Int64(limit.nanoseconds))) {
            let message = "no master of every slot was connected in time"
            self.readyWaiters.take(ticket)?(.failure(RedisFailure(kind: .neverSent, message: message)))
        }
    }

    /// Calls `then` when no command is under way.
    func settled(then: @escaping () -> Void) {
        guard underWay > 0 else { return then() }
        settledWaiters.append(then)
    }

    private static let mapPatience: Duration = .milliseconds(500)
    private static let closed = RedisFailure(kind: .neverSent, message: "the connection was closed")

    // MARK: - Commands

    func send(_ request: Request, slot: Int?, timeout: Duration?, then: @escaping Completion) {
        let deadlineNs = nowNs + (timeout ?? options.commandTimeout).nanoseconds
        let call = machine.begin(slot: slot, deadlineNs: deadlineNs)
        underWay += 1
        guard let node = machine.route(slot) else {
            let what = slot.map { "slot \($0)" } ?? "any slot"
            let message = "no master is known for \(what)"
            return complete(.failure(RedisFailure(kind: .neverSent, message: message)), then)
        }
        forward(request, call, to: node, asking: false, then: then)
    }

    private func forward(
        _ request: Request, _ call: RedisClusterCall, to node: Node, asking: Bool,
        then: @escaping Completion
    ) {
        guard let connection = connection(node) else {
            let message = "not connected to the master of slot \(call.slot ?? -1)"
            return complete(.failure(RedisFailure(kind: .neverSent, message: message)), then)
        }
        connection.perform(request, deadlineNs: call.deadlineNs, asking: asking) { [self] result in
            guard case .failure(let failure) = result, case .refused(let code) = failure.kind,
                RedisClusterMachine.refusals.contains(code)
            else { return complete(result, then) }
            refused(request, call, by: node, code: code, failure, then: then)
        }
    }

    private func refused(
        _ request: Request, _ call: RedisClusterCall, by node: Node, code: String, _ failure: RedisFailure,
        then: @escaping Completion
    ) {
        clusterCounters.count(code)
        guard !isClosed else { return complete(.failure(failure), then) }
        var call = call
        let (verdict, actions) = machine.refused(
            code: code, message: failure.message, from: node, call: &call, nowNs: nowNs)
        perform(actions)
        carryOut(verdict, request, call, failure, then: then)
    }

    private func carryOut(
        _ verdict: RedisClusterVerdict, _ request: Request, _ call: RedisClusterCall,
        _ failure: RedisFailure, then: @escaping Completion
    ) {
        switch verdict {
        case .giveUp: complete(.failure(failure), then)
        case .send(let node, let asking):
            clusterCounters.repeats += 1
            forward(request, call, to: node, asking: asking, then: then)
        case .pause(let untilNs):
            nextPause += 1
            let ticket = nextPause
            let timer = loop.assumeIsolated().scheduleTask(deadline: .uptimeNanoseconds(untilNs)) { [self] in
                guard paused.removeValue(forKey: ticket) != nil else { return }
                let verdict = machine.resumed(call, nowNs: nowNs)
                carryOut(verdict, request, call, failure, then: then)
            }
            paused[ticket] = Paused(timer: timer, failure: failure, then: then)
        }
    }

    private func complete(_ result: Result<RedisReply, RedisFailure>, _ then: Completion) {
        underWay -= 1
        then(result)
        guard underWay == 0, !settledWaiters.isEmpty else { return }
        let waiters = settledWaiters
        settledWaiters.removeAll()
        for waiter in waiters { waiter() }
    }

    // MARK: - Nodes

    private func connection(_ node: Node) -> RedisConnection? {
        node < connections.count ? connections[node] : nil
    }

    private func perform(_ actions: [RedisClusterMachine.Action]) {
        for action in actions {
            guard !isClosed else { return }
            switch action {
            case .connect(let node): open(node)
            case .retire(let node): retire(node)
            case .readMap(let node): readMap(node)
            case .state(let isReady): tell(isReady)
            }
        }
        armTimer()
    }

    private func tell(_ isReady: Bool) {
        if isReady {
            logger.info("cluster connected", metadata: ["masters": "\(machine.masters.count)"])
        } else {
            logger.warning("a master of the cluster is missing, or another has come")
        }
        onState?(isReady)
        if isReady, machine.isReady { for then in readyWaiters.takeAll() { then(.success(.null)) } }
    }

    private func open(_ node: Node) {
        let state = machine.nodes[node]
        var address = seed
        address.host = state.host
        address.port = state.port
        let connection = connect(address)
        while connections.count <= node { connections.append(nil) }
        connections[node] = connection
        connection.onState = { [weak self, weak connection] isReady in
            guard let self, let connection, !isClosed, self.connection(node) === connection else { return }
            perform(machine.changed(node, isReady: isReady, nowNs: nowNs))
        }
        connection.start()
    }

    private func retire(_ node: Node) {
        guard let connection = connection(node) else { return }
        connections[node] = nil
        connection.onState = nil
        retiring[ObjectIdentifier(connection)] = connection
        // By then its commands have been answered or given up.
        let patience = options.commandTimeout.nanoseconds
        loop.assumeIsolated().scheduleTask(in: .nanoseconds(Int64(patience))) { [self] in
            guard retiring.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
            past.add(connection.counters)
            connection.close()
        }
    }

    private func readMap(_ node: Node) {
        guard let connection = connection(node) else { return }
        clusterCounters.mapReadings += 1
        // A node that hangs must not be waited for while others could tell who has taken its place.
        let deadlineNs = nowNs + min(options.commandTimeout, Self.mapPatience).nanoseconds
        connection.send(.make("CLUSTER", "SLOTS"), deadlineNs: deadlineNs) { [self] result in
            guard !isClosed else { return }
            var ranges: [RedisSlotRange]?
            switch result {
            case .success(let reply): ranges = RedisSlotRange.parse(reply)
            case .failure(let failure):
                logger.warning(
                    "cannot read the cluster's slots",
                    metadata: ["node": "\(connection.address)", "error": "\(failure)"])
            }
            perform(machine.mapRead(ranges, from: node, nowNs: nowNs))
        }
    }

    // MARK: - Time

    private var nowNs: UInt64 { loop.now.uptimeNanoseconds }

    private func armTimer() {
        let atNs = machine.nextWakeNs
        guard atNs != .max else { return }
        if timer != nil, timerAtNs <= atNs { return }
        timer?.cancel()
        timerAtNs = atNs
        timer = loop.assumeIsolated().scheduleTask(deadline: .uptimeNanoseconds(atNs)) { [self] in
            timer = nil
            guard !isClosed else { return }
            perform(machine.wake(nowNs: nowNs))
        }
    }
}
