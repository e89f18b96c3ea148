import OrderStore

/// Whether orders may be put in flight: only in a run of Redis whose contents are known good.
///
/// How Redis stands is asked after every connect, once a second, and when a script was refused for its
/// epoch; until the answer is good nothing begins. What is in flight ends as usual: its outcome goes to
/// Kafka, which is read before a rebuilt Redis opens, and its state is settled when there is one to settle.
struct RunGate {
    static let openLookNs: UInt64 = 1_000_000_000
    static let closedLookNs: UInt64 = 500_000_000

    /// What scripts are given; 0: nothing may begin.
    private(set) var epoch: UInt16 = 0
    /// Why nothing may begin.
    private(set) var why = "redis: not connected"
    private var isConnected = false
    private var isLooking = false
    private var nextLookNs: UInt64 = 0
    /// Grows when what is being asked no longer counts.
    private(set) var question: UInt64 = 0

    var isOpen: Bool { epoch != 0 }

    /// The connection has come or gone. Returns whether to ask now.
    mutating func connected(_ isReady: Bool) -> Bool {
        close(isReady ? "run: redis is being asked how it stands" : "redis: not connected")
        isConnected = isReady
        isLooking = isReady
        return isReady
    }

    /// A script was refused because it carried another epoch. Returns whether to ask now.
    mutating func refused() -> Bool {
        guard isOpen else { return false }
        close("run: redis has changed; it is asked how it stands")
        isLooking = isConnected
        return isConnected
    }

    /// Returns whether to ask now.
    mutating func tick(nowNs: UInt64) -> Bool {
        guard isConnected, !isLooking, nowNs >= nextLookNs else { return false }
        isLooking = true
        return true
    }

    /// The answer, nil where none came.
    mutating func looked(_ standing: Standing?, question asked: UInt64, nowNs: UInt64) {
        guard asked == question else { return }
        isLooking = false
        nextLookNs = nowNs + Self.closedLookNs
        // A question without an answer says nothing new; a connection that is gone is told of by itself.
        guard let standing else { return }
        switch standing {
        case .open(let open):
            epoch = open
            nextLookNs = nowNs + Self.openLookNs
        case .fresh, .empty: stay("run: the campaign is not open in redis")
        case .closed: stay("run: redis is being rebuilt from kafka")
        case .strangeRun:
            stay("run: redis was restarted or replaced, and may lack its last second: rebuild it")
        }
    }

    private mutating func stay(_ why: String) {
        epoch = 0
        self.why = why
    }

    private mutating func close(_ why: String) {
        stay(why)
        question += 1
    }
}
