import Foundation
import Orders
import Testing
import Wire

@testable import Deliverer

@Suite("Dead letters: batches and how far they have come")
struct DeadLettersBatchTests {
    private func entry(
        _ order: UInt64, _ partition: UInt16 = 0, _ offset: Int64 = 1, attempt: UInt16 = 1, left: Bool = false
    ) -> RedriveEntry {
        RedriveEntry(
            order: OrderID(rawValue: order), offset: offset, partition: partition, attempt: attempt,
            isLeftQueued: left)
    }

    private func batch(
        _ entries: [RedriveEntry], campaign: String = "c", filter: String = LetterFilter().canonical,
        atMs: Int64 = 5
    ) -> RedriveBatch {
        RedriveBatch(
            campaign: campaign, filter: filter, cut: [0: 9, 255: 1 << 39], atMs: atMs, entries: entries)
    }

    @Test("what is written is read; the checksum knows what is sent, and not when it was looked at")
    func roundTrip() throws {
        var random = SplitMix64(seed: 1)
        let entries = (0..<500).map { _ in
            entry(
                random.next(), UInt16(random.next() % 256), Int64(random.next() % (1 << 40)),
                attempt: UInt16(truncatingIfNeeded: random.next()), left: random.next() % 2 == 0)
        }
        let made = batch(entries)
        #expect(try RedriveBatch.decode(made.encode()) == made)
        #expect(batch(entries.reversed(), atMs: 6).checksum == made.checksum)
        #expect(try RedriveBatch.decode(batch([]).encode()).entries.isEmpty)
        let base = [entry(1), entry(2, 1, 7)]
        let sums = [
            batch(base), batch([base[0]]), batch(base + [entry(3)]), batch(base, campaign: "d"),
            batch(base, filter: "{}"), batch([entry(1, attempt: 2), base[1]]),
            batch([entry(1, left: true), base[1]]), batch([entry(1, 2), base[1]]),
            batch([entry(1, 0, 2), base[1]]),
        ].map(\.checksum)
        #expect(Set(sums).count == sums.count)
    }

    @Test("a batch that was changed is refused")
    func tampered() throws {
        let bytes = batch([entry(1), entry(2, 1, 7)]).encode()
        var text = String(decoding: bytes, as: UTF8.self)
        for (from, to) in [
            (" 1 7 1 r", " 1 8 1 r"), (" r\n", " q\n"), ("\"campaign\":\"c\"", "\"campaign\":\"d\""),
            ("\"orders\":2", "\"orders\":1"), ("\"v\":1", "\"v\":2"), (" r\n", "\n"), (" r\n", " x\n"),
        ] {
            #expect(text.contains(from))
            #expect(throws: DeskFault.self) {
                try RedriveBatch.decode(Array(text.replacing(from, with: to).utf8))
            }
        }
        text.removeLast(20)
        #expect(throws: DeskFault.self) { try RedriveBatch.decode(Array(text.utf8)) }
        #expect(throws: DeskFault.self) { try RedriveBatch.decode([]) }
        // Any byte of the orders' lines.
        var random = SplitMix64(seed: 4)
        let start = bytes.firstIndex(of: UInt8(ascii: "\n"))! + 1
        for _ in 0..<300 {
            var broken = bytes
            let at = start + Int(random.next() % UInt64(bytes.count - start - 1))
            broken[at] = UInt8(truncatingIfNeeded: random.next())
            guard let read = try? RedriveBatch.decode(broken) else { continue }
            // Letter case of an order's name, and a line's end that stood there before, change nothing.
            #expect(read == (try RedriveBatch.decode(bytes)))
        }
    }

    @Test("progress survives the round trip and the file system")
    func progress() throws {
        var progress = RedriveProgress(batch: "sum")
        (progress.done, progress.pending, progress.sent, progress.endedAgain) = (5, 9, 3, 1)
        progress.passed = [.delivered: 1, .inFlight: 2]
        #expect(try RedriveProgress.decode(progress.encode()) == progress)
        let path = NSTemporaryDirectory() + "progress-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: RedriveProgress.path(of: path)) }
        #expect(try RedriveProgress.load(path) == nil)
        try progress.save(path)
        progress.isFinished = true
        try progress.save(path)
        #expect(try RedriveProgress.load(path) == progress)
        try DeskFile.replace(RedriveProgress.path(of: path), Array("{}".utf8))
        #expect(throws: DeskFault.self) { try RedriveProgress.load(path) }
    }

    @Test("one run at a time works with a batch")
    func lock() throws {
        let path = NSTemporaryDirectory() + "lock-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(throws: DeskFault.self) { try DeskLock(path) }
        try DeskFile.replace(path, [1])
        let first = try DeskLock(path)
        #expect(throws: DeskFault.self) { try DeskLock(path) }
        withExtendedLifetime(first) {}
    }

    @Test("of too many orders those whose letters stand first are chosen; queued ones only if left behind")
    func choice() {
        var random = SplitMix64(seed: 9)
        for _ in 0..<50 {
            let groups = [
                LetterGroup(game: 0, outcome: .rejected, status: 422, reason: "a"),
                LetterGroup(game: 1, outcome: .expired, status: 0, reason: "b"),
                LetterGroup(game: 1, outcome: .voided, status: 0, reason: "c"),
            ]
            var choice = RedriveChoice(groups, limit: 40)
            var (due, queued, passed) = ([Int64](), [OrderID](), 0)
            for offset in (0..<Int64(300)).shuffled(using: &random) {
                let group = UInt32(random.next() % 3)
                let state = OrderState.allCases[Int(random.next() % 12)]
                let entry = LetterIndex.Entry(
                    order: OrderID(rawValue: UInt64(offset)), attempt: 1, partition: 0, offset: offset,
                    group: group, isMeant: true)
                choice.take(entry, state)
                if group < 2, state == .rejected || state == .expired {
                    due.append(offset)
                } else if group < 2, state == .queued {
                    queued.append(entry.order)
                } else {
                    passed += 1
                }
            }
            #expect(choice.queuedOrders == Set(queued))
            let live = Set(queued.filter { $0.rawValue % 2 == 0 })
            choice.takeQueued(live: live)
            due += queued.filter { !live.contains($0) }.map { Int64($0.rawValue) }
            let chosen = choice.finish().map(\.offset)
            #expect(chosen.count <= 40 && choice.passed.values.reduce(0, +) == passed + live.count)
            #expect(chosen.count + choice.beyond == due.count)
            #expect(choice.lines.reduce(0) { $0 + $1.orders } == chosen.count)
            #expect(choice.finish().allSatisfy { $0.isLeftQueued == queued.contains($0.order) })
            if due.count <= 40 { #expect(chosen.sorted() == due.sorted()) }
        }
    }

    @Test("orders that an operator names: distinct, from arguments and a file, bounded")
    func orderList() throws {
        let path = NSTemporaryDirectory() + "orders-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let (a, b) = (OrderID(rawValue: 77), OrderID(rawValue: .max))
        try Data("# note\n\(b.text)\tmore\r\n\(a.text.lowercased())\n\n".utf8).write(
            to: URL(fileURLWithPath: path))
        #expect(try OrderList.read([a.text], file: path, most: 2) == [a, b])
        #expect(throws: DeskFault.self) { try OrderList.read([a.text], file: path, most: 1) }
        #expect(throws: DeskFault.self) { try OrderList.read(["\u{1b}"], file: nil, most: 1) }
    }
}
