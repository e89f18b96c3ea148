import Bench
import Credentials
import Foundation
import Glibc
import Stack
import Wire

/// What every measure stands on: the run directory, the two cores that all of it shares, secrets, and a
/// voice.
final class ClaimStage {
    /// Of all that is drawn at random.
    static let seed: UInt64 = 0x4842_2d63_6c61_696d
    static let audience = "hongbao"

    let run: RunDirectory
    let options: ClaimOptions
    /// The moment that everything was made at, Unix seconds.
    let nowS: Int64
    let tickets: TicketSigner
    let coupons: CouponCodec
    private var children = 0

    /// - Throws: where a core is missing, or another bench runs.
    init(_ options: ClaimOptions) throws {
        guard Core.available > (options.cores.max() ?? 0) else {
            throw StackFailure("needs the cores \(options.cores)")
        }
        self.options = options
        let base = "\(FileManager.default.currentDirectoryPath)/.run"
        run = try RunDirectory.claim(base: base, name: "bench-claim")
        nowS = Int64(time(nil))
        var random = SplitMix64(seed: Self.seed)
        func secret() -> String {
            (0..<4).map { _ in String(decoding: Hex.encode(random.next()), as: UTF8.self) }.joined()
        }
        let (ticketSecret, couponSecret) = (secret(), secret())
        let key = try TicketKey(id: "login", algorithm: .hs256, file: Array("hex:\(ticketSecret)".utf8))
        tickets = try TicketSigner(key: key)
        coupons = try CouponCodec(
            campaign: ClaimCampaign.id, keys: [1: Secret(text: Array("hex:\(couponSecret)".utf8))])
        let files = [
            "tickets.json": #"[{"id":"login","algorithm":"HS256","secret":"hex:\#(ticketSecret)"}]"#,
            "coupons.keys": "1:hex:\(couponSecret)\n",
            "operators.keys": APIKeyring.line(name: "bench", key: ClaimServer.adminKey.utf8) + "\n",
        ]
        for (name, text) in files {
            try text.write(toFile: "\(run.path)/\(name)", atomically: true, encoding: .utf8)
        }
        try bindSelf()
    }

    /// This process and all that it starts share the two cores.
    private func bindSelf() throws {
        let list = options.cores.map(String.init).joined(separator: ",")
        let taskset = try ChildProcess(
            name: "taskset", executable: try ServiceProgram.locateInPath("taskset"),
            arguments: ["-a", "-c", "-p", list, "\(getpid())"], in: run)
        guard taskset.waitForExit(within: .seconds(10)) == .code(0) else {
            throw StackFailure("taskset cannot bind to cores \(list): \(taskset.logTail())")
        }
    }

    var seconds: Double { Double(options.bench.seconds) }
    var pairs: Int { options.bench.pairs }
    var isQuick: Bool { options.bench.quick }

    /// A name that no other child has: its log is its own then.
    func childName(_ kind: String) -> String {
        children += 1
        return "\(kind)-\(children)"
    }

    /// Says what is going on; lines that begin with a space belong to the line above.
    func say(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }
}

/// A share as a person reads it.
func percent(_ share: Double) -> String { "\(Figure.text(share * 100)) %" }
