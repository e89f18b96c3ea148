/// A private Redis Cluster on 127.0.0.1: masters, and for each of them a replica, made of the system's
/// redis-server by `redis-cli --cluster create`.
///
/// Calls block; any thread may make them, one at a time.
package final class RedisClusterServers: Sendable {
    /// The masters first, as they were made; a failover changes who is what.
    package let servers: [RedisServer]
    /// `redis-cluster://127.0.0.1:<port>,…` with all nodes.
    package let url: String
    private static let startLimit: Duration = .seconds(60)
    /// A node's bus listens on its port and so much more.
    private static let busOffset = 10_000

    /// - Parameters:
    ///   - nodeTimeoutMs: after which silence a node counts as failed; small, so that tests need not wait.
    ///   - extraArguments: options of every redis-server.
    package init(
        in run: RunDirectory, masters: Int = 3, replicasEach: Int = 1, nodeTimeoutMs: Int = 1000,
        extraArguments: [String] = []
    ) throws(StackFailure) {
        let arguments =
            [
                "--cluster-enabled", "yes", "--cluster-node-timeout", "\(nodeTimeoutMs)",
                // A replica may take over however long it was cut off: the test decides what is lost.
                "--cluster-replica-validity-factor", "0", "--repl-diskless-sync-delay", "0",
            ] + extraArguments
        var servers: [RedisServer] = []
        for index in 0..<(masters * (1 + replicasEach)) {
            servers.append(
                try RedisServer(
                    in: run, name: "redis-node-\(index)", extraArguments: arguments,
                    busOffset: Self.busOffset))
        }
        self.servers = servers
        url = "redis-cluster://" + servers.map { "127.0.0.1:\($0.port)" }.joined(separator: ",")
        try create(replicasEach: replicasEach, in: run)
    }

    private func create(replicasEach: Int, in run: RunDirectory) throws(StackFailure) {
        let nodes = servers.map { "127.0.0.1:\($0.port)" }
        let cli = try ChildProcess(
            name: "redis-cluster-create", executable: try ServiceProgram.locateInPath("redis-cli"),
            arguments: ["--cluster", "create"] + nodes
                + ["--cluster-replicas", "\(replicasEach)", "--cluster-yes"],
            in: run)
        guard cli.waitForExit(within: Self.startLimit) == .code(0) else {
            throw StackFailure("redis-cli --cluster create\n\(cli.logTail())")
        }
        try agree(within: Self.startLimit)
        guard replicasEach > 0 else { return }
        try replicasFollow(within: Self.startLimit)
    }

    package func kill9() { for server in servers { server.kill9() } }

    // MARK: - Asking

    /// Waits until every living node takes the cluster for whole.
    package func agree(within limit: Duration) throws(StackFailure) {
        let done = try Deadline(after: limit).poll { () throws(StackFailure) in
            servers.allSatisfy { server in
                !server.process.isRunning
                    || (try? ask(server, "CLUSTER", "INFO"))?.contains("cluster_state:ok") == true
            }
        }
        guard done else { throw StackFailure("the cluster's nodes do not agree in time") }
    }

    /// Waits until every replica has its master's contents and follows them.
    package func replicasFollow(within limit: Duration) throws(StackFailure) {
        let done = try Deadline(after: limit).poll { () throws(StackFailure) in
            servers.allSatisfy { server in
                guard let info = try? ask(server, "INFO", "replication") else { return false }
                return info.contains("role:master") || info.contains("master_link_status:up")
            }
        }
        guard done else { throw StackFailure("the cluster's replicas do not follow in time") }
    }

    /// One node's answer, an array's elements a line each.
    @discardableResult
    package func ask(_ server: RedisServer, _ words: String...) throws(StackFailure) -> String {
        try RedisQuestion.ask(port: server.port, words, within: .seconds(10))
    }

    /// The server that serves a slot, by a node's view.
    package func master(ofSlot slot: Int, by server: RedisServer? = nil) throws(StackFailure) -> RedisServer {
        for line in try nodes(by: server ?? servers[0]) {
            // id address flags master ping pong epoch link slots…
            let words = line.split(separator: " ")
            guard words.count > 8, words[2].contains("master"), !words[2].contains("fail") else { continue }
            let serves = words[8...].contains { word in
                let bounds = word.split(separator: "-").compactMap { Int($0) }
                return bounds.count == word.split(separator: "-").count
                    && (bounds.first ?? .max)...(bounds.last ?? .max) ~= slot
            }
            if serves, let port = Self.port(words[1]), let found = servers.first(where: { $0.port == port }) {
                return found
            }
        }
        throw StackFailure("no master serves slot \(slot)")
    }

    /// The server that serves a slot and its replica, as soon as the master itself names both: a busy machine
    /// may have made its replica a master meanwhile.
    package func pair(
        ofSlot slot: Int, within limit: Duration
    ) throws(StackFailure) -> (master: RedisServer, replica: RedisServer) {
        var found: (master: RedisServer, replica: RedisServer)?
        let done = try Deadline(after: limit).poll { () throws(StackFailure) in
            guard let first = try? master(ofSlot: slot), let master = try? master(ofSlot: slot, by: first),
                master.port == first.port, let replica = try? replica(of: master, by: master)
            else { return false }
            found = (master, replica)
            return true
        }
        guard done, let found else { throw StackFailure("slot \(slot) has no master with a replica in time") }
        return found
    }

    /// The replica of a master, by a living node's view.
    private func replica(of master: RedisServer, by server: RedisServer) throws(StackFailure) -> RedisServer {
        let id = try self.id(of: master, by: server)
        for line in try nodes(by: server) {
            let words = line.split(separator: " ")
            guard words.count > 3, words[3] == id, words[2].contains("slave") else { continue }
            if let port = Self.port(words[1]), let found = servers.first(where: { $0.port == port }) {
                return found
            }
        }
        throw StackFailure("no replica of the node at port \(master.port)")
    }

    /// A node's own name in the cluster.
    package func id(of wanted: RedisServer, by server: RedisServer? = nil) throws(StackFailure) -> String {
        for line in try nodes(by: server ?? wanted) {
            let words = line.split(separator: " ")
            if words.count > 1, Self.port(words[1]) == wanted.port { return String(words[0]) }
        }
        throw StackFailure("no node at port \(wanted.port)")
    }

    private func nodes(by server: RedisServer) throws(StackFailure) -> [Substring] {
        try ask(server, "CLUSTER", "NODES").split(separator: "\n")
    }

    private static func port(_ address: Substring) -> Int? {
        let name = address.prefix { $0 != "@" }
        return name.lastIndex(of: ":").flatMap { Int(name[name.index(after: $0)...]) }
    }

    // MARK: - Moving a slot

    /// Marks a slot as on its way; its keys stay where they are until `moveKeys`.
    package func beginMove(
        slot: Int, from source: RedisServer, to target: RedisServer
    ) throws(StackFailure) {
        try expectOK(ask(target, "CLUSTER", "SETSLOT", "\(slot)", "IMPORTING", id(of: source)))
        try expectOK(ask(source, "CLUSTER", "SETSLOT", "\(slot)", "MIGRATING", id(of: target)))
    }

    /// Moves keys of the slot; all of them where no number is given.
    package func moveKeys(
        slot: Int, from source: RedisServer, to target: RedisServer, most: Int = 1_000_000
    ) throws(StackFailure) {
        let listed = try ask(source, "CLUSTER", "GETKEYSINSLOT", "\(slot)", "\(most)")
        for key in listed.split(separator: "\n") {
            try expectOK(ask(source, "MIGRATE", "127.0.0.1", "\(target.port)", String(key), "0", "5000"))
        }
    }

    /// The slot is the target's from now on.
    package func endMove(slot: Int, from source: RedisServer, to target: RedisServer) throws(StackFailure) {
        let id = try id(of: target)
        for server in [target, source] + servers.filter({ $0 !== target && $0 !== source }) {
            // Replicas refuse; they learn it from their masters.
            let isMaster = try ask(server, "INFO", "replication").contains("role:master")
            if isMaster { try expectOK(ask(server, "CLUSTER", "SETSLOT", "\(slot)", "NODE", id)) }
        }
    }

    private func expectOK(_ answer: String) throws(StackFailure) {
        guard answer.hasPrefix("OK") else { throw StackFailure("redis answered: \(answer)") }
    }
}
