extension RedisCluster {
    /// An MGET as so many GETs, since its keys may be of any slots, see `RedisRouter.readAll`.
    func readAll(_ mget: RedisCommand, timeout: Duration?, then: @escaping Completion) {
        guard mget.count > 1 else { return then(.success(.array([]))) }
        let gathering = Gathering(count: mget.count - 1, then: then)
        for index in 1..<mget.count {
            let key = mget.argument(at: index) ?? []
            var get = RedisCommand("GET", reserving: 8 + key.count)
            get.add(key)
            send(.command(get), slot: get.slot(at: 1), timeout: timeout) { gathering.take($0, index - 1) }
        }
    }

    private final class Gathering {
        private var values: [RedisReply]
        private var left: Int
        private var failures = 0
        private var lastFailure: RedisFailure?
        private let then: Completion

        init(count: Int, then: @escaping Completion) {
            values = Array(repeating: .null, count: count)
            left = count
            self.then = then
        }

        func take(_ result: Result<RedisReply, RedisFailure>, _ index: Int) {
            switch result {
            case .success(let value): values[index] = value
            // MGET takes what is no string for nothing.
            case .failure(let failure) where failure.hasCode("WRONGTYPE"): break
            case .failure(let failure):
                values[index] = .error(failure.message)
                failures += 1
                lastFailure = failure
            }
            left -= 1
            guard left == 0 else { return }
            if let lastFailure, failures == values.count { return then(.failure(lastFailure)) }
            then(.success(.array(values)))
        }
    }
}
