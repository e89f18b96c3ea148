import Credentials
import HTTPClient
import Stack
import Synchronization
import Wire

/// People with tickets and coupons, over one HTTP client.
final class ClaimCrowd: Sendable {
    /// An answer as a person sees it; status 0: no answer came.
    struct Answer: Sendable, Equatable {
        var status: Int
        var order: String?
        var state: String?
        var problem: String?
        var retryAfterS: Int64?
        var body: String
    }

    static let ticketSecret = [UInt8](repeating: 0x41, count: 32)
    static let couponSecret = [UInt8](repeating: 0x42, count: 32)

    private let waiting = Mutex<[UInt64: CheckedContinuation<HTTPClientOutcome, Never>]>([:])
    private let nextToken = Mutex<UInt64>(0)
    private let client = Mutex<HTTPClient?>(nil)
    private let tickets: TicketSigner
    private let coupons: CouponCodec
    /// Where Claim listens; it changes when Claim is started anew.
    let port = Mutex(0)

    init() throws {
        tickets = try TicketSigner(key: TicketKey(id: "t", algorithm: .hs256, material: Self.ticketSecret))
        coupons = try CouponCodec(campaign: ClaimCampaign.id, keys: [1: Self.couponSecret])
        let client = HTTPClient(options: HTTPClientOptions(maxConnections: 256, perHost: 256, name: "crowd"))
        {
            [weak self] completions in
            for completion in completions {
                self?.waiting.withLock { $0.removeValue(forKey: completion.token) }?
                    .resume(returning: completion.outcome)
            }
        }
        self.client.withLock { $0 = client }
    }

    func close() {
        client.withLock { $0.take() }?.close(deadlineMs: 0)
    }

    func ticket(_ user: UInt64) -> String {
        tickets.sign(user: user, audience: "hongbao", issuedAtS: 1_600_000_000, expiresAtS: 4_000_000_000)
    }

    func coupon(_ serial: UInt64, holder: UInt64, expiresAtS: UInt32 = .max) -> String {
        coupons.sign(Coupon(serial: serial, holder: holder, kind: 0, expiresAtS: expiresAtS))
    }

    /// The role that the fake role service gives a person, in region r0.
    static func role(_ user: UInt64) -> UInt64 { user + 1_000 }

    func body(
        user: UInt64, serial: UInt64, gift: String = "plenty", region: String = "r0", role: UInt64? = nil
    ) -> [UInt8] {
        let coupon = coupon(serial, holder: user)
        let role = role ?? Self.role(user)
        return Array(
            #"{"coupon":"\#(coupon)","gift":"\#(gift)","region":"\#(region)","role":"\#(role)"}"#.utf8)
    }

    /// One attempt at a claim.
    func claim(user: UInt64, serial: UInt64, gift: String = "plenty", region: String = "r0") async -> Answer {
        await send(
            .post, "/v1/claims", user: user,
            body: body(user: user, serial: serial, gift: gift, region: region))
    }

    /// Claims again and again until there is an answer that is not "not now", or the time is up.
    func claimUntilFinal(
        user: UInt64, serial: UInt64, gift: String = "plenty", within limit: Duration = .seconds(120)
    ) async -> Answer {
        let deadline = Deadline(after: limit)
        while true {
            let answer = await claim(user: user, serial: serial, gift: gift)
            if answer.status != 0, answer.status != 503 { return answer }
            if deadline.hasPassed { return answer }
            await ClaimHouse.moment()
        }
    }

    func send(
        _ method: HTTPClientRequest.Method, _ path: String, user: UInt64? = nil, ticket: String? = nil,
        body: [UInt8] = []
    ) async -> Answer {
        let token = nextToken.withLock { token in
            token += 1
            return token
        }
        var headers = ["content-type: application/json"]
        if let ticket = ticket ?? user.map(self.ticket) { headers.append("authorization: Bearer \(ticket)") }
        let request = HTTPClientRequest(
            method: method, url: "http://127.0.0.1:\(port.withLock { $0 })\(path)", headers: headers,
            body: body,
            timeoutMs: 20_000, connectTimeoutMs: 10_000, token: token)
        let outcome = await withCheckedContinuation { continuation in
            waiting.withLock { $0[token] = continuation }
            guard let client = client.withLock({ $0 }) else { preconditionFailure("the crowd has gone home") }
            client.submit([request])
        }
        guard case .answered(let response) = outcome else { return Answer(status: 0, body: "\(outcome)") }
        return Self.answer(response)
    }

    private static func answer(_ response: HTTPClientResponse) -> Answer {
        var answer = Answer(
            status: response.status, retryAfterS: response.retryAfterS,
            body: String(decoding: response.body, as: UTF8.self))
        guard case .object(let json) = try? JSON.parse(response.body, limits: .record) else { return answer }
        if case .string(let order) = json["order"] { answer.order = order }
        if case .string(let state) = json["state"] { answer.state = state }
        if case .string(let type) = json["type"] {
            answer.problem = String(type.split(separator: ":").last ?? "")
        }
        return answer
    }
}
