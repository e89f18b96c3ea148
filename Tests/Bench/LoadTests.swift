import Bench
import Testing

@Suite("Load: arrivals, answers, latencies")
struct LoadTests {
    @Test("arrivals keep their mean rate, never go back, and are the same for a seed")
    func arrivals() {
        var (plan, twin) = (ArrivalPlan(perSecond: 10_000, seed: 7), ArrivalPlan(perSecond: 10_000, seed: 7))
        var last: UInt64 = 0
        for _ in 0..<100_000 {
            #expect(plan.nextNs >= last && plan.nextNs == twin.nextNs)
            last = plan.nextNs
            plan.advance()
            twin.advance()
        }
        // 100,000 arrivals at 10,000 a second: ten seconds, give or take a few of 1/√100,000.
        #expect((9.9e9...10.1e9).contains(Double(last)))
    }

    private static let answer = "HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 5\r\n\r\nhello"

    private func feed(_ text: String, in size: Int) -> [AnswerScanner.Event] {
        var scanner = AnswerScanner()
        let bytes = Array(text.utf8)
        return stride(from: 0, to: bytes.count, by: size).map { start in
            bytes[start..<min(start + size, bytes.count)].withUnsafeBytes { scanner.take($0) }
        }
    }

    @Test("an answer ends where its length says, in whatever pieces it comes", arguments: 1...60)
    func pieces(size: Int) {
        let events = feed(Self.answer, in: size)
        #expect(events.last == .answer(status: 200))
        #expect(events.dropLast().allSatisfy { $0 == .more })
    }

    @Test("answers follow each other on a connection")
    func follow() {
        var scanner = AnswerScanner()
        for status in [200, 503, 429] {
            let text = Array("HTTP/1.1 \(status) X\r\ncontent-length:0\r\n\r\n".utf8)
            #expect(text.withUnsafeBytes { scanner.take($0) } == .answer(status: status))
        }
    }

    @Test(
        "what is no answer of a known length is broken",
        arguments: [
            "HTTP/1.1 200 OK\r\nDate: x\r\n\r\n", "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabc", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
            "GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", String(repeating: "a", count: 20_000),
        ])
    func broken(text: String) {
        #expect(feed(text, in: 100_000) == [.broken])
    }

    @Test("percentiles of latencies, in milliseconds, to three digits")
    func latencies() {
        var latencies = Latencies()
        #expect(latencies.ms(99) == 0)
        for microseconds in 1...1000 { latencies.add(nanoseconds: UInt64(microseconds) * 1000) }
        latencies.add(nanoseconds: .max)
        #expect(latencies.count == 1001)
        #expect(abs(latencies.ms(50) - 0.501) < 0.002)
        #expect(abs(latencies.ms(99) - 0.991) < 0.002)
        #expect(latencies.ms(100) >= 59_000)
    }
}
