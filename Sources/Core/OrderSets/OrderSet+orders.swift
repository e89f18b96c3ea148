import Orders

/// The set by order IDs rather than by their words.
extension OrderSet {
    /// - Returns: whether it was new.
    @discardableResult
    package func insert(_ order: OrderID) -> Bool { insert(order.rawValue) }

    package func contains(_ order: OrderID) -> Bool { contains(order.rawValue) }
}
