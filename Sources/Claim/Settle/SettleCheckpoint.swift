import CampaignFiles
import Wire

/// How far a settling run has come, kept in a file that is replaced whole after each answered request: a run
/// that is killed goes on from here. What was answered and not yet noted is asked again, and skipped.
struct SettleCheckpoint: Sendable, Equatable {
    /// Names the run in the control topic.
    var batch: UInt64
    var gift: String
    /// Bytes of the coupons' file that are done, and their CRC-32: another file is not taken for this one.
    var offset: UInt64 = 0
    var sum: UInt32 = 0
    /// Lines that held a coupon.
    var lines = 0
    var granted = 0
    var skipped = 0
    var refused = 0
    /// Length of the file of refused lines that goes with it.
    var refusedBytes: UInt64 = 0
    /// The end of the run stands in the control topic.
    var isFinished = false

    func encode() -> [UInt8] {
        var json = JSONWriter(reserving: 256)
        json.beginObject()
        json.key("v")
        json.integer(1)
        json.key("batch")
        json.string(utf8: Hex.encode(batch))
        json.key("gift")
        json.string(gift)
        let counts: [(StaticString, UInt64)] = [
            ("offset", offset), ("sum", UInt64(sum)), ("lines", UInt64(lines)), ("granted", UInt64(granted)),
            ("skipped", UInt64(skipped)), ("refused", UInt64(refused)), ("refused_bytes", refusedBytes),
        ]
        for (key, value) in counts {
            json.key(key)
            json.unsigned(value)
        }
        json.key("finished")
        json.bool(isFinished)
        json.endObject()
        return json.bytes + [UInt8(ascii: "\n")]
    }

    static func decode(_ bytes: [UInt8]) throws(JSONError) -> SettleCheckpoint {
        var fields = try JSONFields(JSON.parse(bytes, limits: .request))
        _ = try fields.integer("v", in: 1...1)
        let count: ClosedRange<Int64> = 0...(1 << 53)
        let checkpoint = SettleCheckpoint(
            batch: try fields.hex("batch"), gift: try fields.string("gift"),
            offset: UInt64(try fields.integer("offset", in: count)),
            sum: UInt32(try fields.integer("sum", in: 0...Int64(UInt32.max))),
            lines: Int(try fields.integer("lines", in: count)),
            granted: Int(try fields.integer("granted", in: count)),
            skipped: Int(try fields.integer("skipped", in: count)),
            refused: Int(try fields.integer("refused", in: count)),
            refusedBytes: UInt64(try fields.integer("refused_bytes", in: count)),
            isFinished: try fields.bool("finished"))
        try fields.finish()
        return checkpoint
    }
}
