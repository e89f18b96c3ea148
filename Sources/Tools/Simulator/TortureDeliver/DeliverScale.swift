/// How many orders are delivered, by how many Deliverers, under how many blows; with the seed it fixes who
/// gets what and every blow that falls.
struct DeliverScale: Sendable, Equatable {
    /// Of that time, the part in which all orders could go out were nothing in the way.
    private static let busyShare = 0.65
    /// Every so-manieth order names a role that is not its person's: its game refuses it for good.
    static let misaddressedEvery = 211
    /// Every so-manieth order has a deadline that passes while the blows fall.
    static let shortEvery = 61
    /// Every so-manieth order stands in its topic twice.
    static let twinEvery = 97
    /// Records that nobody can read.
    static let poison = 20

    var orders = 200_000
    /// About how long it takes, without what losses of data take; it fixes the limits and how many blows
    /// fall.
    var seconds = 100
    var deliverers = 3
    /// Blows that lose data.
    var lossy = 3
    var seed: UInt64

    /// Over all games.
    var totalPerSecond: Int { max(200, Int(Double(orders) / (Double(seconds) * Self.busyShare))) }
    /// The games' limits add up to more than the total limit, which therefore counts too.
    var gamePerSecond: Int { totalPerSecond * 12 / 100 }
    var totalBurst: Int { max(100, totalPerSecond * 30 / 100) }
    var gameBurst: Int { max(20, gamePerSecond * 35 / 100) }
    var gameConcurrency: Int { gameBurst / 2 }

    /// Blows at games: every kind falls at least once.
    var gameBlows: Int { max(DeliverFault.Trouble.allCases.count, seconds / 2) }
    /// Blows at Deliverers and limits.
    var crewBlows: Int { max(6, seconds * 35 / 100) }
    /// Blows at the stores that lose nothing.
    var storeBlows: Int { max(2, seconds * 10 / 100) }
}
