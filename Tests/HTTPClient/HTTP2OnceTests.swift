import Testing

@testable import HTTPClient

/// libcurl sends again by itself what an HTTP/2 server has refused; seen from the server's side, it does not.
@Suite("HTTP/2: sent at most once", .timeLimit(.minutes(1)))
struct HTTP2OnceTests {
    enum Refusal: CaseIterable, Sendable {
        case refusedStream, goAwayBefore, wantsHTTP1, cancelled, close

        /// The frames that say so about a stream.
        func frames(_ stream: UInt32) -> [UInt8] {
            switch self {
            case .refusedStream: Frame(type: 3, stream: stream, payload: [0, 0, 0, 7]).bytes
            case .goAwayBefore: Frame(type: 7, stream: 0, payload: [0, 0, 0, 0, 0, 0, 0, 0]).bytes
            case .wantsHTTP1: Frame(type: 3, stream: stream, payload: [0, 0, 0, 13]).bytes
            case .cancelled: Frame(type: 3, stream: stream, payload: [0, 0, 0, 8]).bytes
            case .close: []
            }
        }
    }

    struct Frame {
        var type: UInt8
        var flags: UInt8 = 0
        var stream: UInt32
        var payload: [UInt8] = []

        var bytes: [UInt8] {
            func big(_ number: UInt32, _ count: Int) -> [UInt8] {
                (0..<count).reversed().map { UInt8(truncatingIfNeeded: number >> UInt32(8 * $0)) }
            }
            return big(UInt32(payload.count), 3) + [type, flags] + big(stream, 4) + payload
        }
    }

    /// Notes every request and refuses it.
    private static func server(_ refusal: Refusal) -> RawServer {
        RawServer { connection in
            var bytes: [UInt8] = []
            var isGreeted = false
            while true {
                let some = connection.readSome()
                guard !some.isEmpty else { return }
                bytes += some
                if !isGreeted, bytes.count >= 24 {
                    bytes.removeFirst(24)
                    isGreeted = true
                    connection.write(Frame(type: 4, stream: 0).bytes)
                }
                while isGreeted, bytes.count >= 9 {
                    let length = Int(bytes[0]) << 16 | Int(bytes[1]) << 8 | Int(bytes[2])
                    guard bytes.count >= 9 + length else { break }
                    let stream = bytes[5..<9].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
                    let (type, flags) = (bytes[3], bytes[4])
                    bytes.removeFirst(9 + length)
                    if type == 4, flags & 1 == 0 {
                        connection.write(Frame(type: 4, flags: 1, stream: 0).bytes)
                    }
                    guard type == 1 else { continue }
                    connection.note("request")
                    connection.write(refusal.frames(stream))
                    if refusal == .close || refusal == .goAwayBefore { return }
                }
            }
        }
    }

    @Test("promise 4: a request that HTTP/2 refused is seen once", arguments: Refusal.allCases)
    func once(refusal: Refusal) async throws {
        let server = Self.server(refusal)
        var options = HTTPClientOptions()
        options.isHTTP2Assumed = true
        var request = HTTPClientRequest.get(server.url)
        request.version = .http2Preferred
        // The second by another client; whatever had been sent again would have come before it.
        for _ in 0..<2 {
            let outcome = try await ClientUnderTest(options).run(request)
            #expect(outcome.mayHaveLeft == .broken, "\(outcome)")
        }
        #expect(await server.requests(2).count == 2)
        #expect(server.acceptedCount == 2)
    }
}
