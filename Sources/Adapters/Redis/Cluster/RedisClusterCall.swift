/// How far one command has come on its way through a cluster.
struct RedisClusterCall: Sendable, Equatable {
    /// nil: it has no key, so that any master will do.
    var slot: Int?
    let deadlineNs: UInt64
    /// The machine's when the command was begun.
    let era: UInt64
    var repeats = 0
    var pauses = 0
}

/// What is to be done with a command that the cluster refused.
enum RedisClusterVerdict: Sendable, Equatable {
    /// Its caller gets the refusal.
    case giveUp
    /// Send it to the node, right behind ASKING if so said.
    case send(to: RedisClusterMachine.Node, asking: Bool)
    /// Ask `resumed` at that time.
    case pause(untilNs: UInt64)
}

extension RedisClusterMachine {
    /// Codes by which the cluster itself refuses a command before anything of it is carried out.
    static let refusals: Set<String> = ["MOVED", "ASK", "TRYAGAIN", "CLUSTERDOWN"]

    func begin(slot: Int?, deadlineNs: UInt64) -> RedisClusterCall {
        RedisClusterCall(slot: slot, deadlineNs: deadlineNs, era: era)
    }

    /// Where a command goes first: its slot's master; without a slot, some connected master.
    func route(_ slot: Int?) -> Node? {
        guard let slot else { return masters.first { nodes[$0].isReady } ?? masters.first }
        return owner(slot)
    }

    /// Rules on a refusal.
    ///
    /// - MOVED is followed at once to a node that was a master already; a slot that went to another node
    ///   may be a failover, which the caller has to look at first.
    /// - ASK is followed to whatever node takes the slot over, once it is connected.
    /// - TRYAGAIN (only some of a script's keys have moved yet) and CLUSTERDOWN are tried again after
    ///   pauses.
    ///
    /// All of that within the command's deadline, a bound on repeats, and the era.
    mutating func refused(
        code: String, message: String, from node: Node, call: inout RedisClusterCall, nowNs: UInt64
    ) -> (verdict: RedisClusterVerdict, actions: [Action]) {
        switch code {
        case "MOVED":
            guard let redirect = RedisRedirect(message), let target = target(of: redirect, from: node) else {
                return (.giveUp, [])
            }
            guard nodes[target].isMaster, nodes[target].isReady else {
                wantMap(nowNs: nowNs)
                return (.giveUp, [])
            }
            // A command without a key is sent to the wrong master on purpose: no news about the map then.
            if owner(redirect.slot) != target {
                move(redirect.slot, to: target)
                wantMap(nowNs: nowNs)
            }
            call.slot = redirect.slot
            return (follow(to: target, asking: false, &call, nowNs: nowNs), [])
        case "ASK":
            guard let redirect = RedisRedirect(message), let target = target(of: redirect, from: node) else {
                return (.giveUp, [])
            }
            call.slot = redirect.slot
            let actions = keepForAsking(target, nowNs: nowNs)
            guard nodes[target].isReady else { return (pause(&call, nowNs: nowNs), actions) }
            return (follow(to: target, asking: true, &call, nowNs: nowNs), actions)
        case "TRYAGAIN": return (pause(&call, nowNs: nowNs), [])
        case "CLUSTERDOWN":
            wantMap(nowNs: nowNs)
            return (pause(&call, nowNs: nowNs), [])
        default: return (.giveUp, [])
        }
    }

    /// A command's pause is over.
    func resumed(_ call: RedisClusterCall, nowNs: UInt64) -> RedisClusterVerdict {
        guard call.era == era, nowNs < call.deadlineNs, let node = route(call.slot) else { return .giveUp }
        return .send(to: node, asking: false)
    }

    private func follow(
        to node: Node, asking: Bool, _ call: inout RedisClusterCall, nowNs: UInt64
    ) -> RedisClusterVerdict {
        guard call.repeats < limits.maxHops else { return pause(&call, nowNs: nowNs) }
        guard call.era == era, nowNs < call.deadlineNs else { return .giveUp }
        call.repeats += 1
        return .send(to: node, asking: asking)
    }

    private func pause(_ call: inout RedisClusterCall, nowNs: UInt64) -> RedisClusterVerdict {
        let untilNs = nowNs + min(limits.pauseCapNs, limits.pauseNs << UInt64(call.pauses))
        guard call.era == era, call.repeats < limits.maxRepeats, untilNs < call.deadlineNs else {
            return .giveUp
        }
        call.repeats += 1
        call.pauses += 1
        return .pause(untilNs: untilNs)
    }
}
