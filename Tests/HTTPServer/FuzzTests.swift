import NIOCore
import Testing
import Wire

@testable import HTTPServer

@Suite("Fuzz")
struct FuzzTests {
    private static let corpus = [
        "GET /v1/gifts HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer x.y.z\r\n\r\n",
        "POST /v1/claims HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n\r\n{\"a\":\"b\",1:}",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\nabcd\r\n0\r\nt: v\r\n\r\n",
        "GET /a?b=%41&c HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
        "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ]
    private static let splices: [String] = [
        "\r\n", "\n", "\r", " ", "\t", ":", "\0", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n",
        "0\r\n\r\n",
        "HTTP/1.1", "HTTP/0.9", "\u{FF}", "Host: b\r\n", "Expect: 100-continue\r\n", "FFFFFFFFFFFFFFFF\r\n",
        "Connection: close\r\n",
    ]

    /// Requests, damaged in up to eight places.
    private static func stream(_ random: inout SplitMix64) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            bytes.append(contentsOf: corpus.randomElement(using: &random)!.utf8)
        }
        for _ in 0..<Int.random(in: 0...8, using: &random) where !bytes.isEmpty {
            let at = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.remove(at: at)
            case 2: bytes.insert(contentsOf: splices.randomElement(using: &random)!.utf8, at: at)
            case 3: bytes.insert(contentsOf: bytes[at...].prefix(40), at: at)
            default: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
        }
        return bytes
    }

    @Test(
        "damaged requests in random pieces: every answer is well-formed, in order, and each connection ends",
        arguments: UInt64(0)..<8)
    func damaged(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<100 {
            let harness = try ServerHarness {
                $0.sweepInterval = .seconds(40)
                $0.maxHeaderBytes = 512
                $0.maxBodyBytes = 64
                $0.maxPipelined = Int.random(in: 1...3, using: &random)
            }
            var heads: Set<Int> = []
            let answersAtOnce = Bool.random(using: &random)
            harness.service.atOnce = { request in
                if request.method == .head { heads.insert(harness.service.count - 1) }
                return answersAtOnce ? .text("\(harness.service.count - 1)") : nil
            }
            var stream = Self.stream(&random)[...]
            var output: [UInt8] = []
            while !stream.isEmpty, harness.isOpen {
                let piece = stream.prefix(Int.random(in: 1...60, using: &random))
                stream = stream.dropFirst(piece.count)
                harness.send(Array(piece))
                answerSome(harness, &random)
                output += harness.output()
            }
            while !harness.service.held.isEmpty { answerSome(harness, &random) }
            // Whatever is left half-said must end by a deadline.
            harness.sweep(2_000)
            output += harness.output()
            #expect(!harness.isOpen)
            harness.service.atOnce = nil
            // A refusal follows all that was handed over; that of a HEAD has no body.
            let seen =
                try (try? SeenResponse.all(output, heads: heads))
                ?? SeenResponse.all(output, heads: heads.union([harness.service.count]))
            let finals = seen.filter { $0.status >= 200 }
            // The service's answers carry their requests' numbers; refusals come once, at the end.
            for (index, answer) in finals.enumerated() where answer.status == 200 && !heads.contains(index) {
                #expect(answer.text == "\(index)")
            }
            #expect(finals.dropLast().allSatisfy { $0.status == 200 })
            #expect(finals.dropLast().allSatisfy { $0["connection"] != "close" })
        }
    }

    /// Answers one held request, any.
    private func answerSome(_ harness: ServerHarness, _ random: inout SplitMix64) {
        guard let index = harness.service.held.indices.randomElement(using: &random) else { return }
        let held = harness.service.held.remove(at: index)
        held.responder.respond(.text("\(held.number)"))
    }
}
