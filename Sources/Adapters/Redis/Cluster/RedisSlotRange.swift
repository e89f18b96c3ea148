/// A range of slots and its master, as CLUSTER SLOTS tells them.
struct RedisSlotRange: Sendable, Equatable {
    var slots: ClosedRange<Int>
    /// Empty: the host of the node that was asked.
    var host: String
    var port: Int

    /// The ranges of a reply; nil where it is of another form.
    ///
    /// Each is `[first, last, [host, port, …], replicas…]`; a node that does not know its own address
    /// gives null or an empty text for the host.
    static func parse(_ reply: RedisReply) -> [RedisSlotRange]? {
        guard let entries = reply.array else { return nil }
        var ranges: [RedisSlotRange] = []
        for entry in entries {
            guard let fields = entry.array, fields.count >= 3,
                let first = fields[0].integer, let last = fields[1].integer,
                first >= 0, last >= first, last < Int64(RedisSlot.count),
                let master = fields[2].array, master.count >= 2,
                let port = master[1].integer, (1...65_535).contains(port)
            else { return nil }
            let host = master[0].string ?? ""
            ranges.append(
                RedisSlotRange(
                    slots: Int(first)...Int(last), host: host == "?" ? "" : host, port: Int(port)))
        }
        return ranges
    }
}
