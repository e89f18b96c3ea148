import Orders
import Testing
import Wire

@testable import Reconciler

@Suite("Something for each of many orders")
struct OrderTableTests {
    @Test("as a dictionary, whatever is done to it", arguments: 0..<20)
    func model(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        var table = OrderTable<Int>()
        var model: [OrderID: Int] = [:]
        for _ in 0..<2_000 {
            let spread: UInt64 = (random.next() as UInt64) % 3 == 0 ? .max : 300
            let id = OrderID(rawValue: (random.next() as UInt64) % spread)
            switch (random.next() as UInt64) % 5 {
            case 0:
                table[id] = nil
                model[id] = nil
            case 1:
                table[id] = 7
                model[id] = 7
            case 2:
                table[id]? += 1
                model[id]? += 1
            default:
                table[id, default: 3] += 2
                model[id, default: 3] += 2
            }
            #expect(table[id] == model[id] && table.count == model.count)
        }
        var walked: [OrderID] = []
        table.each { id, value in
            #expect(model[id] == value)
            walked.append(id)
        }
        #expect(walked == model.keys.sorted())
        #expect(table.count { $0 > 4 } == model.values.count { $0 > 4 })
        #expect(table.ids { $0 > 4 } == model.filter { $0.value > 4 }.keys.sorted())
        var copy = table
        #expect(copy == table)
        copy[OrderID(rawValue: 9), default: 0] += 1
        #expect(copy != table)
    }
}
