/// What a game read within the last second, as the law at the receiver counts it.
struct ReadWindow {
    private var times: [UInt64] = []
    private var head = 0
    /// Those that no hang held up.
    private var prompt: [UInt64] = []
    private var promptHead = 0

    /// - Returns: reads in the closed window of 1 s that ends now, and in that of 100 ms those that no hang
    ///   held up: what is unread beyond the slots, probes of a hung game, the pacer pays for with a whole
    ///   second's rate, so that a shorter window may hold it on top.
    mutating func read(atNs nowNs: UInt64, isHeldUp: Bool) -> (second: Int, tenth: Int) {
        times.append(nowNs)
        while times[head] + 1_000_000_000 < nowNs { head += 1 }
        if !isHeldUp { prompt.append(nowNs) }
        while promptHead < prompt.count, prompt[promptHead] + 100_000_000 < nowNs { promptHead += 1 }
        return (times.count - head, prompt.count - promptHead)
    }
}
