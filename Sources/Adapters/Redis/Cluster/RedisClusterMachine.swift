/// Every decision about a cluster as one event loop sees it; no socket and no clock.
///
/// It keeps the map of slots, says which nodes to be connected to and when to read the map again
/// (every second; soon after a redirect that the map did not foretell, CLUSTERDOWN, or a master's loss),
/// and rules on commands that the cluster refused, see `refused`.
///
/// **The era.** A replica that takes over may lack the last writes of its master. So what runs on the
/// masters that were looked at must not run by itself on another: an era ends when a master's connection
/// is lost or another node becomes a master, and a command is sent again only within the era in which it
/// was begun. Its caller then gets the refusal (surely not applied), looks at the masters, and decides.
struct RedisClusterMachine: Sendable {
    /// An index in `nodes`; an address keeps its own for ever.
    typealias Node = Int

    struct NodeState: Sendable {
        let host: String
        let port: Int
        /// Whether the shell keeps a connection to it.
        var isOpen = false
        var isReady = false
        var isMaster = false
        /// When it was last named by ASK.
        var askedNs: UInt64?
    }

    enum Action: Sendable, Equatable {
        /// Keep a connection to the node from now on, and tell of its changes.
        case connect(Node)
        /// Let what is under way come back, then close; nothing more is to be told of it.
        case retire(Node)
        /// Read the map from it, and give the answer to `mapRead`.
        case readMap(Node)
        /// Whether all slots have connected masters has changed.
        case state(Bool)
    }

    private static let nobody: Int16 = -1
    /// Nodes that were ever heard of, at most; a cluster has at most about a thousand.
    private static let maxNodes = 4096

    let limits: RedisClusterLimits
    private(set) var nodes: [NodeState] = []
    private(set) var owners = [Int16](repeating: nobody, count: RedisSlot.count)
    /// The masters, in the order of their first slots.
    private(set) var masters: [Node] = []
    private(set) var isReady = false
    private(set) var era: UInt64 = 0
    private let seeds: [Node]
    private var isOpen = false
    private var isComplete = false
    /// The node that was asked for the map and has not answered.
    private var reading: Node?
    private var lastReadingNs: UInt64 = 0
    private var nextReadingNs: UInt64 = .max
    private var pauses = 0
    /// Who was asked last: the next question goes to the next node, lest a node with an old view decide.
    private var lastAsked: Node = -1

    init(seeds: [RedisAddress], limits: RedisClusterLimits = RedisClusterLimits()) {
        self.limits = limits
        var indices: [Node] = []
        var nodes: [NodeState] = []
        for seed in seeds {
            if let known = nodes.firstIndex(where: { $0.host == seed.host && $0.port == seed.port }) {
                indices.append(known)
            } else {
                indices.append(nodes.count)
                nodes.append(NodeState(host: seed.host, port: seed.port))
            }
        }
        self.seeds = indices
        self.nodes = nodes
    }

    // MARK: - Life

    mutating func start() -> [Action] {
        guard !isOpen else { return [] }
        isOpen = true
        return openSeeds()
    }

    /// The shell has closed everything.
    mutating func close() {
        isOpen = false
        isReady = false
        nextReadingNs = .max
        era += 1
        for index in nodes.indices { nodes[index].isReady = false }
    }

    private mutating func openSeeds() -> [Action] { seeds.compactMap { open($0) } }

    private mutating func open(_ node: Node) -> Action? {
        guard !nodes[node].isOpen else { return nil }
        nodes[node].isOpen = true
        return .connect(node)
    }

    /// A node's connection has become ready, or was lost.
    mutating func changed(_ node: Node, isReady isNodeReady: Bool, nowNs: UInt64) -> [Action] {
        guard isOpen, nodes[node].isOpen, nodes[node].isReady != isNodeReady else { return [] }
        nodes[node].isReady = isNodeReady
        if nodes[node].isMaster, !isNodeReady { era += 1 }
        // Somebody new to ask, or somebody missing: either way the map is worth a look.
        pauses = 0
        if !isReady || !isNodeReady { wantMap(nowNs: nowNs) }
        return tellState()
    }

    private mutating func tellState() -> [Action] {
        let now = isComplete && masters.allSatisfy { nodes[$0].isReady }
        guard now != isReady else { return [] }
        isReady = now
        return [.state(now)]
    }

    // MARK: - The map

    /// When `wake` is due.
    var nextWakeNs: UInt64 { reading == nil ? nextReadingNs : .max }

    mutating func wake(nowNs: UInt64) -> [Action] {
        guard isOpen, reading == nil, nowNs >= nextReadingNs else { return [] }
        lastReadingNs = nowNs
        guard let node = nextReadyNode() else {
            nextReadingNs = nowNs + pause()
            return openSeeds()
        }
        reading = node
        lastAsked = node
        return [.readMap(node)]
    }

    private func nextReadyNode() -> Node? {
        (1...max(1, nodes.count)).lazy.map { (lastAsked + $0) % max(1, nodes.count) }
            .first { nodes[$0].isReady }
    }

    mutating func wantMap(nowNs: UInt64) {
        nextReadingNs = min(nextReadingNs, max(nowNs, lastReadingNs + limits.refreshPauseNs))
    }

    private mutating func pause() -> UInt64 {
        defer { pauses = min(pauses + 1, 16) }
        return min(limits.refreshPauseCapNs, limits.refreshPauseNs << UInt64(pauses))
    }

    /// The node has answered, with nil where it failed to.
    mutating func mapRead(_ ranges: [RedisSlotRange]?, from node: Node, nowNs: UInt64) -> [Action] {
        guard isOpen, reading == node else { return [] }
        reading = nil
        var actions = ranges.map { adopt($0, from: node, nowNs: nowNs) } ?? []
        nextReadingNs = nowNs + (isReady ? limits.refreshEveryNs : pause())
        if isReady {
            pauses = 0
            actions += retireOthers(nowNs: nowNs)
        }
        return actions
    }

    private mutating func adopt(
        _ ranges: [RedisSlotRange], from node: Node, nowNs: UInt64
    ) -> [Action] {
        var found: [Node] = []
        var newOwners = [Int16](repeating: Self.nobody, count: RedisSlot.count)
        var covered = 0
        for range in ranges.sorted(by: { $0.slots.lowerBound < $1.slots.lowerBound }) {
            let host = range.host.isEmpty ? nodes[node].host : range.host
            guard let owner = index(host: host, port: range.port) else { return [] }
            if !found.contains(owner) { found.append(owner) }
            for slot in range.slots where newOwners[slot] == Self.nobody {
                newOwners[slot] = Int16(owner)
                covered += 1
            }
        }
        let hasNewMaster = found.contains { !nodes[$0].isMaster }
        owners = newOwners
        masters = found
        isComplete = covered == RedisSlot.count
        for index in nodes.indices { nodes[index].isMaster = false }
        for master in found { nodes[master].isMaster = true }
        if hasNewMaster { era += 1 }
        let wasReady = isReady
        var actions = found.compactMap { open($0) } + tellState()
        // A new master that was connected already (it took slots over): the callers look at it as well.
        if hasNewMaster, wasReady, isReady { actions += [.state(false), .state(true)] }
        return actions
    }

    /// Seeds that are no masters, and former masters.
    private mutating func retireOthers(nowNs: UInt64) -> [Action] {
        var actions: [Action] = []
        for index in nodes.indices where nodes[index].isOpen && !nodes[index].isMaster {
            if let askedNs = nodes[index].askedNs, askedNs + limits.askedLifeNs > nowNs { continue }
            nodes[index].isOpen = false
            nodes[index].isReady = false
            actions.append(.retire(index))
        }
        return actions
    }

    /// nil when there is no room for one more node, which no real cluster comes to.
    private mutating func index(host: String, port: Int) -> Node? {
        if let known = nodes.firstIndex(where: { $0.port == port && $0.host == host }) { return known }
        guard nodes.count < Self.maxNodes else { return nil }
        nodes.append(NodeState(host: host, port: port))
        return nodes.count - 1
    }

    // MARK: - What other parts of the machine need

    func owner(_ slot: Int) -> Node? {
        let owner = owners[slot]
        return owner == Self.nobody ? nil : Node(owner)
    }

    /// A master's own word that a slot is another's, ahead of the next reading of the map.
    mutating func move(_ slot: Int, to node: Node) { owners[slot] = Int16(node) }

    /// The node a redirect names, and whether the shell has to be told to connect.
    mutating func target(of redirect: RedisRedirect, from node: Node) -> Node? {
        index(host: redirect.host.isEmpty ? nodes[node].host : redirect.host, port: redirect.port)
    }

    mutating func keepForAsking(_ node: Node, nowNs: UInt64) -> [Action] {
        nodes[node].askedNs = nowNs
        return open(node).map { [$0] } ?? []
    }
}
