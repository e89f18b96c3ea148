import CampaignFiles
import Orders

/// Orders that an operator names: as arguments, or one a line in a file (up to the first tab or blank; empty
/// lines and those that begin with `#` are passed over).
enum OrderList {
    /// - Returns: distinct, in their order.
    static func read(_ arguments: [String], file: String?, most: Int) throws -> [OrderID] {
        var orders = [OrderID]()
        var seen: Set<OrderID> = []
        func add(_ text: some StringProtocol, _ place: String) throws {
            guard let order = OrderID(text: String(text)) else {
                throw DeskFault(
                    DeskFault.badData,
                    "\(place)\"\(DeskOutput.harmless(String(text), most: 40))\" is no order")
            }
            if seen.insert(order).inserted { orders.append(order) }
            guard orders.count <= most else {
                throw DeskFault(DeskFault.badData, "more than \(most) orders in one command")
            }
        }
        for argument in arguments { try add(argument, "") }
        if let file {
            for line in try FileBytes.lines(file) {
                let name = line.prefix { $0 != "\t" && $0 != " " && $0 != "\r" }
                if !name.isEmpty { try add(name, "\(file): ") }
            }
        }
        return orders
    }
}
