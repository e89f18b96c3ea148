/// What a message carries through librdkafka and back: whom to report to, and under which token.
///
/// Both fit the message's opaque pointer (reporter 16 bits, token 48), so nothing is allocated a message.
struct ReportSlip: Equatable {
    static let maxReporters = 1 << 16
    static let tokenBits = 48

    let reporter: Int
    let token: UInt64

    init(reporter: Int, token: UInt64) {
        precondition(token >> Self.tokenBits == 0, "a token has 48 bits")
        self.reporter = reporter
        self.token = token
    }

    init(opaque: UnsafeMutableRawPointer?) {
        let word = UInt64(UInt(bitPattern: opaque))
        reporter = Int(word >> Self.tokenBits)
        token = word & (1 << Self.tokenBits - 1)
    }

    var opaque: UnsafeMutableRawPointer? {
        UnsafeMutableRawPointer(bitPattern: UInt(UInt64(reporter) << Self.tokenBits | token))
    }
}
