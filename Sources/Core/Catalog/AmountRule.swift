/// A lucky packet: every claim of the pack carries an amount of its own, whole units that multiply the pack's
/// items, and all amounts of the whole stock add up to `total` exactly.
package struct AmountRule: Sendable, Equatable {
    /// How the total is split. In all of them everybody gets one unit at least and the mean of every draw is
    /// what remains ÷ the packs that are left.
    package enum Draw: String, Sendable, CaseIterable {
        /// Each draw uniform in (0, 2 × remaining ÷ left): nobody gets twice the mean or more while many
        /// are left.
        case doubleAverage = "double_average"
        /// A broken stick: one may get nearly all that remains, and every position in the queue has the same
        /// chances.
        case random
        /// Split at the campaign's opening and shuffled: nothing is computed while people claim.
        case presplit
    }

    /// Units of the stock that gifts.json names, at least one a pack.
    package let total: Int
    package let draw: Draw

    package init(total: Int, draw: Draw) {
        self.total = total
        self.draw = draw
    }
}
