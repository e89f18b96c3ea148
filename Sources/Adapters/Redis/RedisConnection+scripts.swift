import Logging

extension RedisConnection {
    /// Runs a script by its digest; if the server lacks it, loads it and runs it again, once.
    ///
    /// NOSCRIPT means that nothing was carried out, so the second run is no repeat; it keeps the first
    /// one's deadline. A second NOSCRIPT (somebody flushed in between) is reported as it is.
    /// - Parameter call: from `RedisScript.call`, with keys and arguments added.
    package func run(
        _ script: RedisScript, _ call: RedisCommand, timeout: Duration? = nil,
        then: @escaping Completion
    ) {
        run(script, call, deadlineNs: deadlineNs(timeout), asking: false, then: then)
    }

    /// - Parameter asking: the call goes right behind an ASKING, each time.
    func run(
        _ script: RedisScript, _ call: RedisCommand, deadlineNs: UInt64, asking: Bool,
        then: @escaping Completion
    ) {
        send(call, deadlineNs: deadlineNs, asking: asking) { result in
            guard case .failure(let failure) = result, failure.hasCode("NOSCRIPT") else {
                return then(result)
            }
            // The load goes out before the repeat on the same connection, so its reply need not be
            // awaited; calls that fail while it is on its way share it.
            self.load(script, deadlineNs: deadlineNs)
            self.send(call, deadlineNs: deadlineNs, asking: asking, then: then)
        }
    }

    package func run(
        _ script: RedisScript, keys: [[UInt8]], arguments: [[UInt8]], timeout: Duration? = nil,
        then: @escaping Completion
    ) {
        run(script, script.call(keys: keys, arguments: arguments), timeout: timeout, then: then)
    }

    private func load(_ script: RedisScript, deadlineNs: UInt64) {
        guard loadingScripts.insert(script.sha1).inserted else { return }
        counters.scriptLoads += 1
        send(script.load, deadlineNs: deadlineNs) { result in
            self.loadingScripts.remove(script.sha1)
            switch result {
            case .success: self.logger.debug("script loaded", metadata: ["script": "\(script.name)"])
            case .failure(let failure):
                self.logger.error(
                    "script not loaded", metadata: ["script": "\(script.name)", "error": "\(failure)"])
            }
        }
    }
}

extension RedisScript {
    /// A whole call; the hot paths build theirs in place with `call(keyCount:)`.
    package func call(keys: [[UInt8]], arguments: [[UInt8]]) -> RedisCommand {
        let size = keys.reduce(0) { $0 + $1.count } + arguments.reduce(0) { $0 + $1.count }
        var call = call(keyCount: keys.count, reserving: size)
        for key in keys { call.add(key) }
        for argument in arguments { call.add(argument) }
        return call
    }
}
