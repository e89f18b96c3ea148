/// What a cluster's router needs of a connection.
extension RedisConnection {
    func perform(
        _ request: RedisCluster.Request, deadlineNs: UInt64, asking: Bool, then: @escaping Completion
    ) {
        switch request {
        case .command(let command): send(command, deadlineNs: deadlineNs, asking: asking, then: then)
        case .script(let script, let call):
            run(script, call, deadlineNs: deadlineNs, asking: asking, then: then)
        }
    }

    /// Sends one command, if so wished right behind an ASKING, which lets that one command alone into a
    /// slot that the node is taking over.
    func send(_ command: RedisCommand, deadlineNs: UInt64, asking: Bool, then: @escaping Completion) {
        guard asking else { return send(command, deadlineNs: deadlineNs, then: then) }
        // Both or none: an ASKING alone would let in whatever comes next.
        guard command.bytes.count <= options.maxCommandBytes, inFlight + 2 <= options.maxInFlight else {
            let message = "\(options.maxInFlight) commands are in flight"
            return then(.failure(RedisFailure(kind: .neverSent, message: message)))
        }
        send(.make("ASKING"), deadlineNs: deadlineNs) { _ in }
        send(command, deadlineNs: deadlineNs, then: then)
    }
}
