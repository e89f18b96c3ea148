/// What a node answers about a slot that it does not serve: `MOVED 3999 127.0.0.1:6381`, `ASK …` likewise.
struct RedisRedirect: Sendable, Equatable {
    var slot: Int
    /// Empty: the host of the node that answered.
    var host: String
    var port: Int

    /// nil where the text is of another form.
    init?(_ message: String) {
        let words = message.split(separator: " ")
        guard words.count >= 3, let slot = Int(words[1]), (0..<RedisSlot.count).contains(slot),
            // The last colon: an IPv6 address comes without brackets.
            let colon = words[2].lastIndex(of: ":"),
            let port = Int(words[2][words[2].index(after: colon)...]), (1...65_535).contains(port)
        else { return nil }
        self.slot = slot
        self.port = port
        host = String(words[2][..<colon])
    }
}
