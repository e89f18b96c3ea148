import OrderStore
import Testing

@testable import Deliverer

@Suite("The gate of Redis's run")
struct RunGateTests {
    private func opened() -> RunGate {
        var gate = RunGate()
        _ = gate.connected(true)
        gate.looked(.open(epoch: 3), question: gate.question, nowNs: 0)
        return gate
    }

    @Test("asked on connect, open only when Redis is")
    func opening() {
        var gate = RunGate()
        #expect(!gate.isOpen && gate.tick(nowNs: 1) == false)
        #expect(gate.connected(true) == true)
        #expect(gate.tick(nowNs: 1) == false)
        for standing in [Standing.empty, .fresh, .closed(epoch: 2), .strangeRun(epoch: 2)] {
            gate.looked(standing, question: gate.question, nowNs: 0)
            #expect(!gate.isOpen && gate.epoch == 0 && !gate.why.isEmpty)
        }
        gate.looked(.open(epoch: 3), question: gate.question, nowNs: 0)
        #expect(gate.isOpen && gate.epoch == 3)
    }

    @Test("while it is open it is asked every second, while it is not twice as often")
    func looking() {
        var gate = opened()
        #expect(gate.tick(nowNs: RunGate.openLookNs - 1) == false)
        #expect(gate.tick(nowNs: RunGate.openLookNs) == true)
        #expect(gate.tick(nowNs: RunGate.openLookNs) == false)
        // No answer says nothing.
        gate.looked(nil, question: gate.question, nowNs: RunGate.openLookNs)
        #expect(gate.isOpen)
        #expect(gate.tick(nowNs: RunGate.openLookNs + RunGate.closedLookNs) == true)
        gate.looked(.closed(epoch: 3), question: gate.question, nowNs: 0)
        #expect(!gate.isOpen && gate.tick(nowNs: RunGate.closedLookNs) == true)
    }

    @Test("a refused script closes it, and the question asked before no longer counts")
    func refused() {
        var gate = opened()
        #expect(gate.tick(nowNs: RunGate.openLookNs) == true)
        let earlier = gate.question
        #expect(gate.refused() == true)
        #expect(!gate.isOpen)
        #expect(gate.refused() == false)
        gate.looked(.open(epoch: 3), question: earlier, nowNs: 0)
        #expect(!gate.isOpen)
        gate.looked(.open(epoch: 4), question: gate.question, nowNs: 0)
        #expect(gate.epoch == 4)
    }

    @Test("a lost connection closes it until Redis has been asked over the next one")
    func lost() {
        var gate = opened()
        let earlier = gate.question
        #expect(gate.connected(false) == false)
        #expect(!gate.isOpen && gate.tick(nowNs: .max) == false)
        gate.looked(.open(epoch: 3), question: earlier, nowNs: 0)
        #expect(!gate.isOpen)
        #expect(gate.connected(true) == true)
        gate.looked(.open(epoch: 3), question: gate.question, nowNs: 0)
        #expect(gate.isOpen)
    }
}
