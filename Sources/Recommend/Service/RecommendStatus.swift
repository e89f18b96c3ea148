import HTTPServer
import ProfileRoad
import Wire

/// What one loop says of itself on `GET /v1/admin/status`.
struct LoopStatus: Sendable {
    let redisIsReady: Bool
    let cachedPeople: Int
    let inProgress: Int
    let waiting: Int
    let soldOutPlaces: Int
    let shedShare: Double
    let counters: ProfileRoadCounters
}

/// The whole process's status document.
struct RecommendStatus: Sendable {
    let campaign: String
    let catalogHash: String
    /// Why the files of now are not served; nil = they are.
    let refusedEdit: String?
    let pages: Int
    let loops: [LoopStatus]

    var response: HTTPResponse {
        var json = JSONWriter(reserving: 1024)
        json.beginObject()
        json.key("campaign")
        json.string(campaign)
        json.key("catalog")
        json.string(catalogHash)
        json.key("refused_edit")
        if let refusedEdit { json.string(refusedEdit) } else { json.null() }
        json.key("pages")
        json.integer(Int64(pages))
        json.key("loops")
        json.beginArray()
        for loop in loops { Self.write(loop, &json) }
        json.endArray()
        json.endObject()
        return .json(json.bytes)
    }

    private static func write(_ loop: LoopStatus, _ json: inout JSONWriter) {
        json.beginObject()
        json.key("redis_ready")
        json.bool(loop.redisIsReady)
        json.key("shed_share")
        json.double(loop.shedShare)
        let counts: [(StaticString, UInt64)] = [
            ("cached_people", UInt64(loop.cachedPeople)), ("people_in_progress", UInt64(loop.inProgress)),
            ("waiting_lists", UInt64(loop.waiting)),
            ("sold_out_places", UInt64(loop.soldOutPlaces)), ("answers", loop.counters.answers),
            ("degraded_answers", loop.counters.degradedAnswers), ("cache_hits", loop.counters.cacheHits),
            ("store_hits", loop.counters.storeHits), ("store_damaged", loop.counters.storeDamaged),
            ("store_failures", loop.counters.storeFailures), ("role_questions", loop.counters.roleQuestions),
            ("role_failures", loop.counters.roleFailures),
        ]
        for (name, count) in counts {
            json.key(name)
            json.unsigned(count)
        }
        json.endObject()
    }
}
