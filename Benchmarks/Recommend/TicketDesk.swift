import Bench
import Credentials
import Foundation
import Stack
import Wire

/// The login service: signs tickets that Recommend accepts, with a secret drawn from the bench's seed.
final class TicketDesk {
    static let audience = "hongbao"
    private static let lifeS: Int64 = 7 * 86_400

    /// The file with the key, as Recommend reads it.
    let keysFile: String
    /// For the peer.
    let secretHex: String
    let key: TicketKey
    private let signer: TicketSigner
    private let nowS: Int64

    init(directory: String, nowS: Int64) throws {
        var random = SplitMix64(seed: Stage.seed ^ 0x7469_636b)
        secretHex = (0..<4).map { _ in String(decoding: Hex.encode(random.next()), as: UTF8.self) }.joined()
        key = try TicketKey(id: "login", algorithm: .hs256, file: Array("hex:\(secretHex)".utf8))
        signer = try TicketSigner(key: key)
        keysFile = "\(directory)/tickets.json"
        self.nowS = nowS
        let text = #"[{"id":"login","algorithm":"HS256","secret":"hex:\#(secretHex)"}]"#
        try text.write(toFile: keysFile, atomically: true, encoding: .utf8)
    }

    /// A ticket of the person; another `edition` is another ticket, as after a new login. All tickets of
    /// people whose numbers have the same length are of one length.
    func ticket(user: UInt64, edition: Int = 0) -> String {
        signer.sign(
            user: user, audience: Self.audience, issuedAtS: nowS - Int64(edition),
            expiresAtS: nowS + Self.lifeS)
    }

    /// The first part of every ticket.
    var header: String {
        String(ticket(user: 1).prefix { $0 != "." })
    }

    /// `GET /v1/gifts` of the person.
    func request(user: UInt64, edition: Int = 0) -> [UInt8] {
        let authorization = "Authorization: Bearer \(ticket(user: user, edition: edition))"
        return Array("GET /v1/gifts HTTP/1.1\r\nHost: bench\r\n\(authorization)\r\n\r\n".utf8)
    }
}

/// Requests made beforehand, one after the other in a file and all of the same length: what `requests.lua`
/// hands to wrk.
struct RequestFile {
    let path: String
    /// Of one request, in bytes.
    let length: Int
    let count: Int

    /// Writes `count` requests, in pieces.
    init(_ path: String, count: Int, request: (Int) -> [UInt8]) throws {
        self.path = path
        self.count = count
        let first = request(0)
        length = first.count
        guard FileManager.default.createFile(atPath: path, contents: nil),
            let file = FileHandle(forWritingAtPath: path)
        else { throw StackFailure("cannot make \(path)") }
        var piece = Data()
        for index in 0..<count {
            let bytes = request(index)
            guard bytes.count == length else {
                throw StackFailure("request \(index) has \(bytes.count) bytes, the first \(length)")
            }
            piece.append(contentsOf: bytes)
            if piece.count > 4 << 20 {
                try file.write(contentsOf: piece)
                piece.removeAll(keepingCapacity: true)
            }
        }
        try file.write(contentsOf: piece)
        try file.close()
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: path)
    }
}
