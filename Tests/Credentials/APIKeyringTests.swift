import Credentials
import Testing
import Wire

@Suite struct APIKeyringTests {
    private let mei = "hb_mei_5gq0X1"
    private let wei = "hb_wei_81kPz2"

    private func keyring() throws -> APIKeyring {
        try APIKeyring(lines: [
            "# operators", "", APIKeyring.line(name: "mei", key: mei.utf8), "  ",
            APIKeyring.line(name: "wei.night", key: wei.utf8), APIKeyring.line(name: "mei", key: "next".utf8),
        ])
    }

    @Test("promise 10: a key is known by its name, a stranger by none")
    func names() throws {
        let keyring = try keyring()
        #expect(keyring.name(forKey: mei.utf8, nowS: 0) == "mei")
        #expect(keyring.name(forKey: Array("next".utf8), nowS: 0) == "mei")
        #expect(keyring.name(forKey: wei.utf8, nowS: 0) == "wei.night")
        for stranger in ["", "hb_mei_5gq0X", "hb_mei_5gq0X1 ", "HB_MEI_5GQ0X1", "mei"] {
            #expect(keyring.name(forKey: stranger.utf8, nowS: 0) == nil)
        }
        #expect(keyring.name(forKey: [UInt8](repeating: 1, count: 1 << 20), nowS: 0) == nil)
        let digest = APIKeyring.line(name: "mei", key: mei.utf8).split(separator: ":")[1]
        #expect(keyring.name(forKey: digest.utf8, nowS: 0) == nil)
    }

    @Test("promise 10: an empty keyring opens to nobody")
    func empty() throws {
        let keyring = try APIKeyring(lines: ["", "# nobody"])
        #expect(keyring.isEmpty)
        #expect(keyring.name(forKey: "".utf8, nowS: 0) == nil)
        #expect(keyring.name(forKey: "x".utf8, nowS: 0) == nil)
    }

    @Test func badLines() {
        let digest = String(repeating: "0", count: 64)
        #expect(throws: KeyFault(key: "line 2", reason: .badID)) { try APIKeyring(lines: ["", digest]) }
        #expect(throws: KeyFault(key: "line 1", reason: .badID)) { try APIKeyring(lines: [":\(digest)"]) }
        #expect(throws: KeyFault(key: "line 1", reason: .badID)) { try APIKeyring(lines: ["m i:\(digest)"]) }
        for bad in ["", "0", digest + "00", String(repeating: "F", count: 64), digest + "\n", " " + digest] {
            #expect(throws: KeyFault(key: "mei", reason: .malformed)) {
                try APIKeyring(lines: ["mei:\(bad)"])
            }
        }
        #expect(throws: KeyFault(key: "wei", reason: .duplicate)) {
            try APIKeyring(lines: ["mei:\(digest)", "wei:\(digest)"])
        }
    }
}
