import Testing
import Wire

@Suite("Stock rooms that sell from one pool")
struct StockRoomSaleTests {
    @Test("promise 5: whatever is late or lost, nothing is sold twice and the last pack is sold")
    func drained() {
        var random = SplitMix64(seed: 0x57_0C4)
        for round in 0..<120 {
            let stock = [0, 1, 2, 7, 60][round % 5]
            var world = StockWorld(stock: stock, losses: [0, 3, 15][round % 3], seed: random.next())
            let people = UInt64(stock * 2 + 10)
            var next: UInt64 = 0
            // People arrive among the calls of those before them.
            while next < people || world.step() {
                if next < people, random.next() % 4 == 0 {
                    world.arrive(next)
                    next += 1
                } else {
                    _ = world.step()
                }
                #expect(world.total == stock)
            }
            #expect(world.answers.count == Int(people) && world.issued <= stock)
            // Who comes when all memories have ended gets what a lost answer has left lying.
            for late in people..<people + UInt64(stock) + 10 {
                world.forget()
                world.arrive(late)
                while world.step() {}
            }
            #expect(world.issued == stock && world.total == stock, "round \(round)")
            #expect(world.answers.values.count { $0 == .sold } == stock)
        }
    }
}
