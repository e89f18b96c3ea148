import Stack

/// What an operator asks the Deliverers for over their admin ports: any one that answers will do.
struct DeliverAdmin: Sendable {
    enum Answer: Sendable { case done, noSuchAction }

    private static let limit: Duration = .seconds(180)

    let ports: [Int]
    let key: String

    /// Another limit for a game, or `total`. Blocks.
    func limit(_ game: String, perSecond: Double, burst: Int) throws -> Answer {
        try post(
            "/v1/admin/limits/\(game)",
            #"{"perSecond":\#(perSecond),"burst":\#(burst),"reason":"the torture"}"#)
    }

    /// Lets a paused game go on. Blocks.
    func resume(_ game: String) throws -> Answer {
        try post("/v1/admin/games/\(game)/resume", #"{"reason":"the torture"}"#)
    }

    /// Asks one after the other until one has done it; they come and go meanwhile.
    private func post(_ path: String, _ body: String) throws -> Answer {
        var answer: Answer?
        var words = "nobody answers"
        let headers = ["x-api-key": key, "content-type": "application/json"]
        let isDone = try Deadline(after: Self.limit).poll(everyUs: 100_000) {
            () throws(StackFailure) -> Bool in
            for port in ports {
                let reply = try? LoopbackHTTP.post(
                    port: port, path, headers: headers, body: Array(body.utf8), within: .seconds(3))
                guard let reply else { continue }
                words = "\(reply.status) \(reply.text)"
                if (200..<300).contains(reply.status) { answer = .done }
                if reply.status == 404 { answer = .noSuchAction }
                if answer != nil { return true }
            }
            return false
        }
        guard isDone, let answer else { throw StackFailure("\(path): \(words)") }
        return answer
    }
}
