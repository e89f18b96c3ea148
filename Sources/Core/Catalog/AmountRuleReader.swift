/// Reads a gift pack's `amount`, which may be left out.
struct AmountRuleReader {
    /// Nil where the pack has none.
    let rule: AmountRule?

    /// Nil, with a fault, when it is there and not what it should be.
    static func read(_ entry: inout JSONSection, stock: Int?) -> AmountRuleReader? {
        guard entry.optionalValue("amount") != nil else { return AmountRuleReader(rule: nil) }
        guard var section = entry.section("amount") else { return nil }
        let total = section.int("total", in: 1...CatalogLimits.amountTotal)
        let draw = section.choice("draw", of: AmountRule.Draw.self)
        section.finish()
        if let total, let stock, total < stock {
            section.faults.add(
                section.place("total"), "must not be below stock (\(stock)): everybody gets one unit at least"
            )
            return nil
        }
        if draw == .presplit, let stock, stock > CatalogLimits.presplitStock {
            section.faults.add(
                section.place("draw"), "is for a stock of \(CatalogLimits.presplitStock) at most")
            return nil
        }
        guard let total, let draw else { return nil }
        return AmountRuleReader(rule: AmountRule(total: total, draw: draw))
    }
}
