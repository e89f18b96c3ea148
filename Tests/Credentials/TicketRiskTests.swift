import Credentials
import Testing

@Suite("What a ticket tells for the rules of risk")
struct TicketRiskTests {
    private func ticket(_ members: String) throws(TicketError) -> Ticket? {
        let payload = #"{"sub":"7","aud":"hongbao","exp":1771300060\#(members)}"#
        guard
            let token = try? TestKeys.token(header: #"{"alg":"HS256","kid":"k1"}"#, payload: payload),
            let verifier = try? TicketVerifier(keys: [TestKeys.verifying(.hs256)], audience: "hongbao")
        else { return nil }
        return try verifier.verify(token, nowS: 1_771_300_000)
    }

    @Test("device and account's age, both or none")
    func claims() throws {
        #expect(try ticket("") == Ticket(user: 7, expiresAtS: 1_771_300_060))
        let whole = try #require(try ticket(#","device":"a1b2","account_created":1600000000"#))
        #expect(whole.device == Ticket.deviceNumber(of: "a1b2") && whole.accountCreatedS == 1_600_000_000)
        #expect(try ticket(#","device":"\u0061\u0031b2""#)?.device == whole.device)
        #expect(try ticket(#","device":"a1b3""#)?.device != whole.device)
        #expect(try ticket(#","account_created":0"#)?.accountCreatedS == 0)
    }

    /// The first 8 bytes of SHA-256("abc") as FIPS 180-4 gives it: stored counts must go on to fit.
    @Test func deviceNumbersAreFrozen() {
        #expect(Ticket.deviceNumber(of: "abc") == 0xBA78_16BF_8F01_CFEA)
    }

    @Test(
        "what cannot be read is refused, so that nobody slips through a rule",
        arguments: [
            #","device":"""#, #","device":7"#, #","device":null"#, #","device":["a"]"#,
            #","account_created":"1600000000""#, #","account_created":-1"#, #","account_created":1.5"#,
            #","account_created":null"#, #","account_created":9223372036854775808"#,
        ])
    func odd(_ members: String) {
        #expect(throws: TicketError.malformed) { try ticket(members) }
    }

    @Test("a device's name has 64 bytes at most, however it is written")
    func length() throws {
        let longest = String(repeating: "d", count: 64)
        #expect(try ticket(#","device":"\#(longest)""#)?.device == Ticket.deviceNumber(of: longest))
        #expect(throws: TicketError.malformed) { try ticket(#","device":"\#(longest)d""#) }
        let euros = String(repeating: "\u{20AC}", count: 21)
        #expect(try ticket(#","device":"\#(euros)""#) != nil)
        #expect(throws: TicketError.malformed) { try ticket(#","device":"\#(euros)\u20ac""#) }
    }
}
