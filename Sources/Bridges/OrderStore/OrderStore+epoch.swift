import Catalog
import Orders
import Redis

/// The run: whether Redis's contents are the ones that were last known good. See DESIGN "the run".
extension OrderStore {
    /// Every Redis master that holds a part of the campaign.
    private var masters: [RedisConnection] { redis.masters }

    /// How Redis stands. Asked after every connect and once a second, since a replica may be promoted under a
    /// living connection.
    package func standing(then: @escaping Answer<Standing>) {
        runs { [self] result in
            let runs: [String]
            switch result {
            case .failure(let failure): return then(.failure(failure))
            case .success(let known): runs = known
            }
            var command = RedisCommand("HGETALL")
            command.add(keys.epoch)
            redis.send(command) { result in
                then(result.map { Self.standing(of: $0, runs: runs) })
            }
        }
    }

    /// - Parameter runs: the runs of all masters, asked before.
    static func standing(of reply: RedisReply, runs: [String]) -> Standing {
        let entries = reply.array ?? []
        var fields: [String: String] = [:]
        for at in stride(from: 0, to: entries.count - 1, by: 2) {
            if let name = entries[at].string { fields[name] = entries[at + 1].string ?? "" }
        }
        guard let state = fields["state"], let epoch = fields["epoch"].flatMap({ UInt16($0) }) else {
            return .empty
        }
        switch state {
        case "fresh": return .fresh
        case "open":
            let areKnown = runs.allSatisfy { fields["r\($0)"] != nil }
            return areKnown ? .open(epoch: epoch) : .strangeRun(epoch: epoch)
        default: return .closed(epoch: epoch)
        }
    }

    /// `run_id:master_replid` of every master: the first changes with every restart, the second when a
    /// replica takes over.
    package func runs(then: @escaping Answer<[String]>) {
        let masters = redis.masters
        guard !masters.isEmpty else {
            return then(.failure(RedisFailure(kind: .neverSent, message: "no master is known")))
        }
        var runs = [String](repeating: "", count: masters.count)
        var left = masters.count * 2
        var failure: RedisFailure?
        for (index, master) in masters.enumerated() {
            for (section, name) in [("server", "run_id"), ("replication", "master_replid")] {
                var command = RedisCommand("INFO")
                command.add(section)
                master.send(command) { result in
                    switch result.flatMap({ Self.line(name, in: $0) }) {
                    // Replies come in the order of the questions.
                    case .success(let id): runs[index] += runs[index].isEmpty ? id : ":\(id)"
                    case .failure(let cause): failure = cause
                    }
                    left -= 1
                    if left == 0 { then(failure.map { .failure($0) } ?? .success(runs)) }
                }
            }
        }
    }

    private static func line(_ name: String, in reply: RedisReply) -> Result<String, RedisFailure> {
        let line = (reply.string ?? "").split(whereSeparator: \.isNewline).first { $0.hasPrefix("\(name):") }
        guard let line else {
            return .failure(RedisFailure(kind: .unknown, message: "INFO names no \(name)"))
        }
        return .success(String(line.dropFirst(name.utf8.count + 1)))
    }

    // MARK: - The first opening

    /// Says that the campaign is being opened for the first time, where Redis knows nothing of it; then it
    /// stands as ``Standing/fresh``.
    ///
    /// Whether Kafka is as empty is looked up *after* this: a process that has slept since it looked would
    /// open a Redis that was lost meanwhile.
    package func markFresh(then: @escaping Answer<Void>) {
        call(EpochScripts.markFresh, keys: [keys.epoch], arguments: [], then: then) {
            $0.integer.map { _ in }
        }
    }

    /// Opens epoch 1 where it stands as `fresh`; every step may be repeated, by any number of processes.
    ///
    /// Only after ``LaneHistory`` has found no lane in `.control`, and after the `epoch` record stands there.
    /// How it stands then is asked again: somebody else may have gone further.
    /// - Parameter laneFloor: the greater of the seconds since 2024 and the highest lane in Kafka.
    package func openFresh(catalog: Catalog, laneFloor: UInt32, then: @escaping Answer<Void>) {
        var lanes = RedisCommand("HSETNX")
        lanes.add(keys.lanes)
        lanes.add("next")
        lanes.add(Int64(laneFloor))
        var commands = [lanes]
        for shard in 0..<keys.shards {
            var command = RedisCommand("SET")
            command.add(keys.epoch(shard: UInt16(shard)))
            command.add("1")
            command.add("NX")
            commands.append(command)
        }
        openPool(catalog) { [self] result in
            if case .failure = result { return then(result) }
            sendAll(commands) { [self] result in
                if case .failure = result { return then(result) }
                runs { [self] result in
                    switch result {
                    case .failure(let failure): then(.failure(failure))
                    case .success(let runs):
                        call(
                            EpochScripts.openFresh, keys: [keys.epoch],
                            arguments: runs.map { Array($0.utf8) },
                            then: then
                        ) { $0.integer.map { _ in } }
                    }
                }
            }
        }
    }

    /// Sends commands and answers after the last, with the first failure if there was one.
    func sendAll(_ commands: [RedisCommand], then: @escaping Answer<Void>) {
        guard !commands.isEmpty else { return then(.success(())) }
        var left = commands.count
        var failure: RedisFailure?
        for command in commands {
            redis.send(command) { result in
                if case .failure(let cause) = result { failure = failure ?? cause }
                left -= 1
                if left == 0 { then(failure.map { .failure($0) } ?? .success(())) }
            }
        }
    }
}
