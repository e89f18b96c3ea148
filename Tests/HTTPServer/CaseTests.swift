import NIOCore
import Testing

@testable import HTTPServer

@Suite("Cases")
struct CaseTests {
    @Test("there are many, each with a name of its own")
    func count() {
        #expect(WireCase.all.count >= 300)
        #expect(Set(WireCase.all.map(\.testDescription)).count == WireCase.all.count)
    }

    @Test("the cases hold every reason for a refusal")
    func reasons() {
        let named = Set(
            WireCase.all.compactMap { one in
                if case .refused(let status, let reason) = one.ending { "\(status) \(reason)" } else { nil }
            })
        #expect(named == Set(Refusal.allCases.map { "\($0.status) \($0)" }))
    }

    @Test("whole", arguments: WireCase.all)
    func whole(_ one: WireCase) {
        var run = ParserRun()
        run.feed(one.bytes)
        #expect(run.accepted == one.accepted)
        #expect(run.ending == one.ending)
    }

    @Test("byte by byte", arguments: WireCase.all)
    func byteByByte(_ one: WireCase) {
        var run = ParserRun()
        for byte in one.bytes {
            run.feed(CollectionOfOne(byte))
            if run.leftOver > ParserRun.limits.maxHeadBytes { Issue.record("it keeps too much") }
        }
        #expect(run.accepted == one.accepted)
        #expect(run.ending == one.ending)
    }

    @Test("in two pieces, cut anywhere", arguments: WireCase.all)
    func cut(_ one: WireCase) {
        // The long ones are long in the middle: there one cut is like another.
        let cuts = one.bytes.indices.filter { $0 < 150 || $0 > one.bytes.count - 150 || $0 % 997 == 0 }
        for cut in cuts {
            var run = ParserRun()
            run.feed(one.bytes[..<cut])
            run.feed(one.bytes[cut...])
            if run.accepted != one.accepted || run.ending != one.ending {
                Issue.record("cut at \(cut): \(run.accepted) \(run.ending)")
            }
        }
    }

    @Test("through a connection, whole and byte by byte", arguments: WireCase.all, [true, false])
    func connection(_ one: WireCase, inPieces: Bool) throws {
        // Byte by byte through a channel: the long ones would only take long.
        guard !inPieces || one.bytes.count < 2_000 else { return }
        let harness = try ServerHarness()
        var seen: [WireCase.Accepted] = []
        var heads: Set<Int> = []
        harness.service.atOnce = { request in
            if request.method == .head { heads.insert(seen.count) }
            seen.append(WireCase.Accepted(request))
            return .text("ok")
        }
        if inPieces {
            for byte in one.bytes { harness.send([byte]) }
        } else {
            harness.send(one.bytes)
        }
        let answers = try harness.answers(heads: heads).map(\.status).filter { $0 != 100 }
        #expect(seen == one.accepted)
        switch one.ending {
        case .open, .waits:
            #expect(answers == one.accepted.map { _ in 200 })
            #expect(harness.isOpen)
        case .close:
            #expect(answers == one.accepted.map { _ in 200 })
            #expect(!harness.isOpen)
        case .refused(let status, _):
            #expect(answers == one.accepted.map { _ in 200 } + [status])
            #expect(!harness.isOpen)
        }
    }
}

extension WireCase.Accepted {
    init(_ request: HTTPRequest) {
        self.init(
            method: "\(request.method)".uppercased(), target: request.target,
            body: Array(request.body.readableBytesView))
    }
}
