@testable import HTTPServer

/// The parser fed with pieces as a connection feeds it, but for the connection's doings.
struct ParserRun {
    private(set) var accepted: [WireCase.Accepted] = []
    private var parser: RequestParser
    private var kept: [UInt8] = []
    private var head: [UInt8] = []
    private var body: [UInt8] = []
    private var hasClosed = false
    private var refusal: Refusal?

    static let limits = HTTPServerOptions(port: 0).requestLimits

    init(limits: RequestLimits = limits) {
        parser = RequestParser(limits: limits)
    }

    var ending: WireCase.Ending {
        if let refusal { return .refused(status: refusal.status, reason: "\(refusal)") }
        if hasClosed { return .close }
        return kept.isEmpty && parser.isBetweenRequests ? .open : .waits
    }

    /// What it left unconsumed.
    var leftOver: Int { kept.count }

    mutating func feed(_ piece: some Collection<UInt8>) {
        guard !hasClosed, refusal == nil else { return }
        kept += piece
        // A copy of just that size, so that a tool sees a read beyond it.
        let bytes = kept
        var offset = 0
        bytes.withUnsafeBytes { bytes in
            while !hasClosed, refusal == nil {
                switch parser.next(bytes, &offset) {
                case .more: return
                case .head(let range):
                    head = Array(bytes[range])
                    body = []
                    if parser.head.framing == .none { finish() }
                case .content(let range): body += bytes[range]
                case .end: finish()
                case .refused(let why): refusal = why
                }
            }
        }
        kept = Array(bytes[offset...])
    }

    private mutating func finish() {
        let target = String(decoding: head[parser.head.target.range], as: UTF8.self)
        accepted.append(
            WireCase.Accepted(method: "\(parser.head.method)".uppercased(), target: target, body: body))
        hasClosed = parser.head.persistence == .close
    }
}
