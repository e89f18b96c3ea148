import Catalog
import Operators
import OrderStore
import Orders
import Pacing
import Wire

/// The body of `PUT /v1/admin/limits/{game}` and `/v1/admin/limits/total`:
/// `{"perSecond","burst","maxConcurrency"?,"reason"}`, strictly these.
struct LimitRequest: Sendable, Equatable {
    static let rates = PacingLimit.minPerSecond...PacingLimit.maxPerSecond
    /// At least 2: one request in flight, and one permit.
    static let bursts = 2...PacingLimit.maxBurst

    var perSecond: Double
    var burst: Int
    /// nil: the campaign's file's, but below the burst.
    var maxConcurrency: Int?
    var reason: String

    /// Reads a body; the problem names the first field at fault.
    static func parse(_ body: [UInt8]) throws(OperatorProblem) -> LimitRequest {
        do throws(JSONError) {
            var fields = try JSONFields(JSON.parse(body, limits: .request))
            let bursts = Int64(bursts.lowerBound)...Int64(bursts.upperBound)
            let request = LimitRequest(
                perSecond: try fields.double("perSecond", in: rates),
                burst: Int(try fields.integer("burst", in: bursts)),
                maxConcurrency: try fields.optionalInteger("maxConcurrency", in: 1...bursts.upperBound)
                    .map { Int($0) },
                reason: try OperatorReason.read(&fields))
            try fields.finish()
            return request
        } catch {
            throw .malformed(error)
        }
    }

    /// Whether it fits what else is in force. The total may go below a game's limit: it holds for all.
    ///
    /// - Parameter game: nil: this is the total's.
    func check(game: Game?, total: OperatorActs.Limit) throws(OperatorProblem) {
        guard let game else {
            guard maxConcurrency == nil else {
                throw .malformed(field: "maxConcurrency", "is a game's; the total has none")
            }
            return
        }
        if let maxConcurrency, maxConcurrency >= burst {
            throw .malformed(
                field: "maxConcurrency",
                "must be below burst (\(burst)): \(game.id), once stalled, may read all of them at once")
        }
        guard perSecond <= total.rate.perSecond else {
            throw .overTotal(perSecond, total: total.rate.perSecond)
        }
    }

    func encode() -> [UInt8] {
        var json = JSONWriter(reserving: 96)
        json.beginObject()
        json.key("perSecond")
        json.double(perSecond)
        json.key("burst")
        json.integer(Int64(burst))
        if let maxConcurrency {
            json.key("maxConcurrency")
            json.integer(Int64(maxConcurrency))
        }
        json.key("reason")
        json.string(reason)
        json.endObject()
        return json.bytes
    }
}
