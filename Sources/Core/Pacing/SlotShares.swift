/// Divides a total number of slots among games for good, so that no game can take another's.
///
/// Each game gets what it asks for if the sum allows it, and else a share in proportion, at least one.
/// Fixed shares and not a common pool: a pool would fill up with the requests of a hung game.
enum SlotShares {
    /// `wishes`: slots each game would use alone, at least 1. The result sums to at most
    /// max(total, number of games).
    static func divide(total: Int, wishes: [Int]) -> [Int] {
        let sum = wishes.reduce(0, +)
        guard sum > total else { return wishes }
        // One each comes first; the rest is split over what the wishes exceed one by, rounded down.
        let spare = max(0, total - wishes.count)
        let wanted = sum - wishes.count
        guard wanted > 0 else { return wishes }
        return wishes.map { 1 + spare * ($0 - 1) / wanted }
    }
}
