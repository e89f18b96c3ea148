import Orders
import Stack
import Wire

/// The outside world's admin port, asked from here.
struct OutsideView: Sendable {
    let port: Int
    let key: String

    func report() throws -> WorldReport {
        try WorldReport(get("/v1/admin/report"))
    }

    func grants() throws -> [GrantLine] {
        try GrantLine.all(get("/v1/admin/grants"))
    }

    /// Changes what is wrong with a game, see ``GameFaults/change(_:)``.
    func setFaults(_ game: String, _ json: String) throws {
        let answer = try LoopbackHTTP.request(
            "PUT", port: port, "/v1/admin/faults/\(game)",
            headers: ["x-api-key": key, "content-type": "application/json"], body: Array(json.utf8),
            within: .seconds(10))
        guard answer.status == 200 else {
            throw StackFailure("faults of \(game): \(answer.status) \(answer.text)")
        }
    }

    private func get(_ target: String) throws -> [UInt8] {
        let answer = try LoopbackHTTP.get(
            port: port, target, headers: ["x-api-key": key], within: .seconds(30))
        guard answer.status == 200 else { throw StackFailure("\(target): \(answer.status) \(answer.text)") }
        return answer.body
    }
}
