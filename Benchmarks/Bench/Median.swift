/// The middle of several runs: what one disturbed run cannot move.
package enum Median {
    /// The middle value; of an even number, the mean of the two in the middle. Traps on none.
    package static func of(_ values: [Double]) -> Double {
        precondition(!values.isEmpty, "the median of nothing")
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}
