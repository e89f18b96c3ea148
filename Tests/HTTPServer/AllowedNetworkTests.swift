import Testing
import Wire

@testable import HTTPServer

@Suite("Networks that connections are taken from")
struct AllowedNetworkTests {
    @Test("promise 10: a connection from elsewhere is closed before anything is read")
    func refused() throws {
        let harness = try ServerHarness { $0.allowedNetworks = try? NetworkList(["192.0.2.0/24"]) }
        harness.send("GET /a HTTP/1.1\r\nhost: x\r\n\r\n")
        #expect(!harness.isOpen)
        #expect(harness.service.count == 0)
        #expect(harness.output().isEmpty)
        #expect(harness.shared.tally.refused == 1)
    }

    @Test("one from an allowed network is served")
    func admitted() throws {
        let harness = try ServerHarness { $0.allowedNetworks = try? NetworkList(["127.0.0.0/8"]) }
        harness.service.atOnce = { _ in .text("in") }
        harness.send("GET /a HTTP/1.1\r\nhost: x\r\n\r\n")
        #expect(try harness.answer()?.status == 200)
        #expect(harness.service.held.isEmpty && harness.isOpen)
    }

    @Test("an empty list lets nobody in")
    func nobody() throws {
        let harness = try ServerHarness { $0.allowedNetworks = NetworkList.none }
        #expect(!harness.isOpen)
    }

    @Test("a request knows its peer in bits")
    func peer() throws {
        let harness = try ServerHarness()
        harness.send("GET /a HTTP/1.1\r\nhost: x\r\n\r\n")
        #expect(harness.service.held.first?.request.peer == IPAddress("127.0.0.1"))
    }
}
