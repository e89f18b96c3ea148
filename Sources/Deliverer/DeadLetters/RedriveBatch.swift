import CampaignFiles
import Credentials
import Orders
import Wire

/// One order of a batch: where its dead letter stands.
struct RedriveEntry: Sendable, Equatable {
    let order: OrderID
    let offset: Int64
    let partition: UInt16
    /// Attempts made, as the letter knows.
    let attempt: UInt16
    /// It stood in `queued` without a record that would bring it to a deliverer: a redrive was killed after
    /// the state and before the record.
    let isLeftQueued: Bool
}

/// The orders that an operator has looked at and means to send again: a file that a dry run writes, and that
/// is applied under its checksum.
///
/// First line `{"v":1,"campaign":"…","filter":{…},"cut":[[partition,end],…],"orders":n,"at":ms,
/// "checksum":"64 hex digits"}`, then one line an order: `ID partition offset attempt r|q` (`q`: left
/// queued). The checksum is the SHA-256 of campaign, filter and all orders' lines.
struct RedriveBatch: Sendable, Equatable {
    /// Orders in a batch at most: at the default rate they take more than half an hour, and their file is
    /// about 4 MB.
    static let maxOrders = 100_000
    static let maxFileBytes = 16 << 20
    private static let letterCode = ["r", "q"]

    let campaign: String
    /// ``LetterFilter/canonical``.
    let filter: String
    /// Where `.dead` ended when it was read: later letters are not of this batch.
    let cut: [Int32: Int64]
    /// When it was made, Unix milliseconds.
    let atMs: Int64
    /// By partition and offset: the order in which they are sent.
    let entries: [RedriveEntry]

    init(
        campaign: String, filter: String, cut: [Int32: Int64], atMs: Int64, entries: [RedriveEntry]
    ) {
        self.campaign = campaign
        self.filter = filter
        self.cut = cut
        self.atMs = atMs
        self.entries = entries.sorted { ($0.partition, $0.offset) < ($1.partition, $1.offset) }
    }

    var checksum: String {
        var text = Array("hongbao redrive batch v1\n\(campaign)\n\(filter)\n".utf8)
        for entry in entries { Self.append(entry, to: &text) }
        return String(decoding: Hex.encode(bytes: sha256(text)), as: UTF8.self)
    }

    func encode() -> [UInt8] {
        var json = JSONWriter(reserving: 1024 + entries.count * 40)
        json.beginObject()
        json.key("v")
        json.integer(1)
        json.key("campaign")
        json.string(campaign)
        json.key("filter")
        json.string(filter)
        json.key("cut")
        json.beginArray()
        for (partition, end) in cut.sorted(by: { $0.key < $1.key }) {
            json.beginArray()
            json.integer(Int64(partition))
            json.integer(end)
            json.endArray()
        }
        json.endArray()
        json.key("orders")
        json.integer(Int64(entries.count))
        json.key("at")
        json.integer(atMs)
        json.key("checksum")
        json.string(checksum)
        json.endObject()
        var bytes = json.bytes + [UInt8(ascii: "\n")]
        for entry in entries { Self.append(entry, to: &bytes) }
        return bytes
    }

    private static func append(_ entry: RedriveEntry, to text: inout [UInt8]) {
        CrockfordBase32.append(entry.order.rawValue, to: &text)
        for number in [UInt64(entry.partition), UInt64(entry.offset), UInt64(entry.attempt)] {
            text.append(UInt8(ascii: " "))
            DecimalDigits.append(number, to: &text)
        }
        text.append(UInt8(ascii: " "))
        text += Array(letterCode[entry.isLeftQueued ? 1 : 0].utf8)
        text.append(UInt8(ascii: "\n"))
    }

    /// Reads a batch's file; its checksum must be the one of what it holds.
    static func decode(_ bytes: [UInt8]) throws(DeskFault) -> RedriveBatch {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true)
        guard !lines.isEmpty else { throw broken("it is empty") }
        let head = lines.removeFirst()
        do throws(JSONError) {
            var fields = try JSONFields(JSON.parse(Array(head), limits: .document))
            _ = try fields.integer("v", in: 1...1)
            let (campaign, filter) = (
                try fields.string("campaign"), try fields.string("filter", maxBytes: 65_536)
            )
            var cut: [Int32: Int64] = [:]
            for case .array(let pair) in try fields.array("cut", max: LetterIndex.maxPartitions) {
                guard pair.count == 2, case .integer(let partition) = pair[0],
                    case .integer(let end) = pair[1]
                else { continue }
                cut[Int32(truncatingIfNeeded: partition)] = end
            }
            let orders = try fields.integer("orders", in: 0...Int64(maxOrders))
            let atMs = try fields.integer("at", in: 0...(1 << 47))
            let checksum = try fields.string("checksum")
            try fields.finish()
            var entries = [RedriveEntry]()
            for line in lines {
                guard let entry = entry(line) else { throw fields.fault("orders", "a line is not an order") }
                entries.append(entry)
            }
            let batch = RedriveBatch(
                campaign: campaign, filter: filter, cut: cut, atMs: atMs, entries: entries)
            guard entries.count == Int(orders), batch.checksum == checksum else {
                throw fields.fault("checksum", "its content is not what its checksum was made of")
            }
            return batch
        } catch {
            throw broken(error.path.isEmpty ? error.reason : "\(error.path): \(error.reason)")
        }
    }

    private static func entry(_ line: ArraySlice<UInt8>) -> RedriveEntry? {
        let words = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard words.count == 5, let order = OrderID(text: words[0]),
            let partition = DecimalDigits.parse(words[1]).flatMap({ UInt16(exactly: $0) }),
            let offset = DecimalDigits.parse(words[2]).flatMap({ Int64(exactly: $0) }),
            let attempt = DecimalDigits.parse(words[3]).flatMap({ UInt16(exactly: $0) }),
            let code = letterCode.firstIndex(of: String(decoding: words[4], as: UTF8.self))
        else { return nil }
        return RedriveEntry(
            order: order, offset: offset, partition: partition, attempt: attempt, isLeftQueued: code == 1)
    }

    private static func broken(_ reason: String) -> DeskFault {
        DeskFault(DeskFault.badData, "the batch cannot be used: \(reason)")
    }
}
