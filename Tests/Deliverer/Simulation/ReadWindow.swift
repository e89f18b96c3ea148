/// What a game read within the last second, as the law at the receiver counts it.
struct ReadWindow {
    private var times: [UInt64] = []
    private var head = 0

    /// - Returns: reads in the closed windows of 1 s and of 100 ms that end now.
    mutating func read(atNs nowNs: UInt64) -> (second: Int, tenth: Int) {
        times.append(nowNs)
        while times[head] + 1_000_000_000 < nowNs { head += 1 }
        var tenth = times.count - 1
        while tenth > head, times[tenth - 1] + 100_000_000 >= nowNs { tenth -= 1 }
        return (times.count - head, times.count - tenth)
    }
}
