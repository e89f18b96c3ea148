import Testing
import Wire

@testable import Profiles

@Suite("The index from people to cells")
struct CellIndexTests {
    /// Plays the same moves to the index and to a dictionary.
    ///
    /// - Parameter hash: what stands for a person's hash; a bad one makes everybody's neighbours the same.
    private func play(
        cells: Int, people: UInt64, steps: Int, seed: UInt64, hash: (UInt64) -> UInt64
    ) {
        var random = SplitMix64(seed: seed)
        var index = CellIndex(maxCells: cells)
        var model: [UInt64: UInt32] = [:]
        var owner = [UInt64?](repeating: nil, count: cells)
        var free = Array(0..<UInt32(cells))
        func find(_ user: UInt64, _ index: borrowing CellIndex) -> UInt32? {
            index.cell(of: hash(user), isIt: { owner[Int($0)] == user })
        }
        for _ in 0..<steps {
            let user = random.next() % people
            if let cell = model[user], random.next() % 2 == 0 {
                index.remove(hash(user), cell)
                model[user] = nil
                owner[Int(cell)] = nil
                free.append(cell)
            } else if model[user] == nil, let cell = free.popLast() {
                index.insert(hash(user), cell)
                model[user] = cell
                owner[Int(cell)] = user
            }
            let other = random.next() % people
            if find(other, index) != model[other] || index.count != model.count {
                Issue.record("not what the dictionary says")
                return
            }
        }
        for user in 0..<people where find(user, index) != model[user] {
            Issue.record("person \(user) is lost")
        }
    }

    @Test("it says what a dictionary says, from empty to full", arguments: [1, 2, 3, 7, 64, 1000])
    func likeADictionary(_ cells: Int) {
        for (seed, people) in [UInt64(cells), UInt64(2 * cells), 4 * UInt64(cells)].enumerated() {
            play(
                cells: cells, people: people, steps: 20_000, seed: UInt64(seed), hash: { splitMix64($0) })
        }
    }

    @Test("full, it is three quarters full, and finds what is not there within nine places on average")
    func spread() {
        var index = CellIndex(maxCells: 30_000)
        for user: UInt64 in 0..<30_000 { index.insert(splitMix64(user), UInt32(user)) }
        #expect(index.capacity == 40_001 && index.bytes <= 30_000 * CellIndex.bytesACell)
        let strangers = UInt64(50_000)..<60_000
        let sum = strangers.reduce(0) { $0 + index.distance(of: splitMix64($1)) }
        // Knuth, TAOCP 6.4, theorem K: (1 + 1 / (1 - 3/4)^2) / 2 = 8.5.
        #expect(sum <= 9 * strangers.count)
    }

    @Test("also where everybody's home is the same place, or the last one")
    func crowded() {
        play(cells: 60, people: 100, steps: 20_000, seed: 1, hash: { $0 })
        play(cells: 60, people: 100, steps: 20_000, seed: 2, hash: { .max - $0 })
        play(cells: 60, people: 100, steps: 20_000, seed: 3, hash: { $0 % 3 << 62 | $0 })
        play(cells: 60, people: 100, steps: 20_000, seed: 4, hash: { ($0 + 0xffff_fff0) << 32 })
    }
}
