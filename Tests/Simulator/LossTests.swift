import Kafka
import Orders
import Testing

@testable import Simulator

@Suite struct LossTests {
    private func order(_ number: UInt32) -> OrderID { OrderID(lane: 1, shard: 0, sequence: number) }

    private func heads(_ topics: [String: [UInt32]]) -> [TopicPartition: [QueueView.Waiting]] {
        var heads: [TopicPartition: [QueueView.Waiting]] = [:]
        for (topic, numbers) in topics {
            let place = TopicPartition(topic: topic, partition: 0)
            heads[place] = numbers.enumerated().map { index, number in
                QueueView.Waiting(place: place, offset: 100 + Int64(index), order: order(number))
            }
        }
        return heads
    }

    @Test func theMarkMovesBehindOrdersThatNoGameHasDealtWith() {
        let (loss, offsets) = Loss.choose(heads(["a": [1, 2, 3, 4]]), settled: [order(1), order(3)])
        #expect(loss.orders == [order(2), order(4)])
        #expect(offsets == [TopicPartition(topic: "a", partition: 0): 104])
    }

    @Test func ofEachPartitionAFewAndInAllAHandful() {
        var topics: [String: [UInt32]] = [:]
        for topic in 0..<30 { topics["t\(topic)"] = (0..<9).map { UInt32(topic * 100 + $0) } }
        let (loss, offsets) = Loss.choose(heads(topics), settled: [])
        #expect(loss.orders.count == Loss.wanted)
        #expect(offsets.count == Loss.wanted / Loss.mostAPartition)
        #expect(offsets.values.allSatisfy { $0 == 100 + Int64(Loss.mostAPartition) })
    }

    @Test func whereEverythingHasArrivedNothingIsLost() {
        let (loss, offsets) = Loss.choose(heads(["a": [1]]), settled: [order(1)])
        #expect(loss.orders.isEmpty && offsets.isEmpty)
    }
}
