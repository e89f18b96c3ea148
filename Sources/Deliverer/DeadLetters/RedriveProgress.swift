import CampaignFiles
import Orders
import Wire

/// How far a batch has been applied, kept in `<batch>.progress`, which is replaced whole and synchronised
/// before every window: a run that is killed goes on from here.
///
/// Entries before `done` are through. Those from `done` to `pending` may be anywhere between untouched and
/// sent: what they are, their states tell.
struct RedriveProgress: Sendable, Equatable {
    let batch: String
    var done = 0
    var pending = 0
    var sent = 0
    /// Orders left alone, by where they stood.
    var passed: [OrderState: Int] = [:]
    /// Ended once more after the batch was made: somebody else had them sent.
    var endedAgain = 0
    var isFinished = false
    /// It had come to its end before this run, which hence did nothing; not written down.
    var wasFinished = false

    init(batch: String) {
        self.batch = batch
    }

    func encode() -> [UInt8] {
        var json = JSONWriter(reserving: 256)
        json.beginObject()
        json.key("v")
        json.integer(1)
        json.key("batch")
        json.string(batch)
        for (key, value) in [("done", done), ("pending", pending), ("sent", sent), ("again", endedAgain)] {
            json.key(key)
            json.integer(Int64(value))
        }
        json.key("passed")
        json.beginObject()
        for (state, orders) in passed.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            json.key(state.name)
            json.integer(Int64(orders))
        }
        json.endObject()
        json.key("finished")
        json.bool(isFinished)
        json.endObject()
        return json.bytes + [UInt8(ascii: "\n")]
    }

    static func decode(_ bytes: [UInt8]) throws(JSONError) -> RedriveProgress {
        var fields = try JSONFields(JSON.parse(bytes, limits: .request))
        _ = try fields.integer("v", in: 1...1)
        let count: ClosedRange<Int64> = 0...Int64(RedriveBatch.maxOrders)
        var progress = RedriveProgress(batch: try fields.string("batch"))
        progress.done = Int(try fields.integer("done", in: count))
        progress.pending = Int(try fields.integer("pending", in: count))
        progress.sent = Int(try fields.integer("sent", in: count))
        progress.endedAgain = Int(try fields.integer("again", in: count))
        var passed = try fields.object("passed")
        for state in OrderState.allCases {
            if let orders = try passed.optionalInteger(state.name, in: count) {
                progress.passed[state] = Int(orders)
            }
        }
        try passed.finish()
        progress.isFinished = try fields.bool("finished")
        try fields.finish()
        return progress
    }

    static func path(of batch: String) -> String { batch + ".progress" }

    /// nil where there is none.
    static func load(_ batch: String) throws -> RedriveProgress? {
        let path = path(of: batch)
        guard DeskFile.exists(path) else { return nil }
        do {
            return try decode(try FileBytes.read(path))
        } catch let error as JSONError {
            throw DeskFault(DeskFault.badData, "\(path): is no progress of a batch: \(error.reason)")
        }
    }

    func save(_ batch: String) throws(DeskFault) { try DeskFile.replace(Self.path(of: batch), encode()) }
}
