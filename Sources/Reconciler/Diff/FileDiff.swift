import Wire

/// What became of the orders of a list, told from lists alone: should be sent, was sent, waits.
struct FileDiff: Equatable {
    /// Distinct IDs of each list.
    private(set) var should = 0
    private(set) var sent = 0
    private(set) var queued = 0
    /// In should and in sent.
    private(set) var delivered = 0
    /// In should and in queued, not in sent.
    private(set) var stillQueued = 0
    /// In should only, ascending.
    private(set) var missing: [UInt64] = []
    /// In sent and not in should, ascending.
    private(set) var unexpected: [UInt64] = []
    /// In queued and not in should.
    private(set) var queuedNotDue = 0

    /// - Parameters: ascending and distinct each.
    init(should: [UInt64], sent: [UInt64], queued: [UInt64]) {
        (self.should, self.sent, self.queued) = (should.count, sent.count, queued.count)
        var (s, q) = (0, 0)
        for id in should {
            while s < sent.count, sent[s] < id {
                unexpected.append(sent[s])
                s += 1
            }
            while q < queued.count, queued[q] < id {
                queuedNotDue += 1
                q += 1
            }
            let wasSent = s < sent.count && sent[s] == id
            let waits = q < queued.count && queued[q] == id
            s += wasSent ? 1 : 0
            q += waits ? 1 : 0
            if wasSent {
                delivered += 1
            } else if waits {
                stillQueued += 1
            } else {
                missing.append(id)
            }
        }
        unexpected += sent[s...]
        queuedNotDue += queued.count - q
    }

    /// Each list falls into its classes without rest.
    var addsUp: Bool {
        should == delivered + stillQueued + missing.count && sent == delivered + unexpected.count
    }

    /// `report.json`.
    func report(_ files: [(role: String, file: IDFile)]) -> [UInt8] {
        var json = JSONWriter(reserving: 1 << 12)
        json.beginObject()
        let counts: [(String, Int)] = [
            ("should", should), ("sent", sent), ("queued", queued), ("delivered", delivered),
            ("still_queued", stillQueued), ("missing", missing.count), ("unexpected", unexpected.count),
            ("queued_not_due", queuedNotDue),
        ]
        for (key, count) in counts {
            json.key(key)
            json.integer(Int64(count))
        }
        json.key("duplicates")
        Self.perFile(files, \.duplicates, &json)
        json.key("malformed")
        Self.perFile(files, \.malformed, &json)
        json.key("malformed_lines")
        json.beginArray()
        for example in files.flatMap(\.file.examples).prefix(IDFile.maxExamples) {
            json.beginObject()
            json.key("file")
            json.string(example.file)
            json.key("line")
            json.integer(Int64(example.line))
            json.key("text")
            json.string(example.text)
            json.endObject()
        }
        json.endArray()
        json.endObject()
        return json.bytes + [UInt8(ascii: "\n")]
    }

    private static func perFile(
        _ files: [(role: String, file: IDFile)], _ count: KeyPath<IDFile, Int>, _ json: inout JSONWriter
    ) {
        json.beginObject()
        for (role, file) in files {
            json.key(role)
            json.integer(Int64(file[keyPath: count]))
        }
        json.endObject()
    }
}
