@testable import Pacing

/// The board in Redis, and all that may happen to a call.
extension SharedWorld {
    private static let callTimeoutNs: UInt64 = 2 * secondNs

    func write(_ entry: LendEntry, of deliverer: Deliverer) {
        let bytes = entry.encode()
        var isEnded = false
        let end = { (deliverer: Deliverer, action: @escaping () -> Void) in
            guard !isEnded else { return }
            isEnded = true
            action()
        }
        at(nowNs + Self.callTimeoutNs) { [self] in
            after(0...0, in: deliverer) { [self] in
                end(deliverer) { deliverer.pacer.lendFailed(entry.sequence, nowNs: self.nowNs) }
            }
        }
        var delayNs = bits.within((msNs / 10)...(5 * msNs))
        if bits.oneIn(redis.delayOneIn) { delayNs = bits.within((100 * msNs)...(4 * secondNs)) }
        let isRefused = nowNs < redis.awayUntilNs && bits.oneIn(2)
        at(nowNs + delayNs) { [self] in
            guard !isRefused, let entry = LendEntry.decode(bytes, instance: deliverer.id) else { return }
            // A late call of before is refused.
            guard redis.board[deliverer.id].map({ $0.sequence < entry.sequence }) ?? true else { return }
            redis.board[deliverer.id] = entry
            let others = redis.board.values.filter { $0.instance != deliverer.id }
            guard nowNs >= redis.awayUntilNs, !bits.oneIn(redis.lossOneIn) else { return }
            after((msNs / 10)...(5 * msNs), in: deliverer) { [self] in
                end(deliverer) {
                    deliverer.pacer.lendAnswered(entry.sequence, others, nowNs: self.nowNs)
                    self.checkSums()
                }
            }
        }
    }

    /// What was written within the last while is gone again, or everything is.
    func rollBack(_ isEmpty: Bool) { redis.board = isEmpty ? [:] : redis.snapshot }

    func keepSnapshots() {
        redis.snapshot = redis.board
        after((300 * msNs)...secondNs) { [self] in keepSnapshots() }
    }
}
