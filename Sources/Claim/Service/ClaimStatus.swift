import HTTPServer
import Telemetry
import Wire

/// What one loop says of itself on `GET /v1/admin/status`.
struct LoopStatus: Sendable, Equatable {
    var index: Int
    /// That the loop works under; 0: none.
    var epoch: UInt16
    var lane: UInt32?
    /// Empty when the loop takes claims.
    var missing: [String]
    var openRequests: Int
    /// Numbers used so far in the lane, all shards together, and the fullest shard's.
    var numbered: UInt64
    var fullestSequence: UInt32
    var burntSequences: UInt64
    var waitingClaims: Int
    var awaitingKafka: Int
    var oldestAwaitingKafkaMs: Int64
    var unconfirmed: Int
    var swept: UInt64
    var twins: UInt64
    var sweepAllowance: Int
}

extension ClaimLoop {
    /// On the loop.
    var status: LoopStatus {
        let nowNs = SystemClock.nowNs
        let sequences = batchers.map(\.nextSequence)
        return LoopStatus(
            index: index, epoch: keeper.epoch, lane: keeper.lane(nowNs: nowNs), missing: missing,
            openRequests: open,
            numbered: sequences.reduce(0) { $0 + UInt64($1) }, fullestSequence: sequences.max() ?? 0,
            burntSequences: batchers.reduce(0) { $0 + $1.burnt },
            waitingClaims: batchers.reduce(0) { $0 + $1.waitingCount }, awaitingKafka: flights.count,
            oldestAwaitingKafkaMs: flights.oldestNs.map { Int64(nowNs - $0) / 1_000_000 } ?? 0,
            unconfirmed: confirms.count, swept: sweep.swept, twins: sweep.twins,
            sweepAllowance: sweep.allowance)
    }
}

/// The whole process's status document.
struct ClaimStatus: Sendable {
    var campaign: String
    var catalogHash: String
    /// Why an edit of the campaign's files is not served; nil = everything is.
    var refusedEdit: String?
    var owner: UInt64
    var loops: [LoopStatus]

    var response: HTTPResponse {
        var json = JSONWriter(reserving: 1024)
        json.beginObject()
        json.key("campaign")
        json.string(campaign)
        json.key("catalog")
        json.string(catalogHash)
        json.key("refused_edit")
        if let refusedEdit { json.string(refusedEdit) } else { json.null() }
        json.key("owner")
        json.string(utf8: Hex.encode(owner))
        json.key("loops")
        json.beginArray()
        for loop in loops { loop.write(to: &json) }
        json.endArray()
        json.endObject()
        return .json(json.bytes)
    }
}

extension LoopStatus {
    fileprivate func write(to json: inout JSONWriter) {
        json.beginObject()
        json.key("loop")
        json.integer(Int64(index))
        json.key("epoch")
        json.unsigned(UInt64(epoch))
        json.key("lane")
        if let lane { json.unsigned(UInt64(lane)) } else { json.null() }
        json.key("missing")
        json.beginArray()
        for text in missing { json.string(text) }
        json.endArray()
        let counts: [(StaticString, Int64)] = [
            ("open_requests", Int64(openRequests)), ("numbered", Int64(clamping: numbered)),
            ("fullest_sequence", Int64(fullestSequence)),
            ("burnt_sequences", Int64(clamping: burntSequences)),
            ("waiting_claims", Int64(waitingClaims)), ("awaiting_kafka", Int64(awaitingKafka)),
            ("oldest_awaiting_kafka_ms", oldestAwaitingKafkaMs), ("unconfirmed", Int64(unconfirmed)),
            ("outbox_swept", Int64(clamping: swept)), ("outbox_twins", Int64(clamping: twins)),
            ("sweep_allowance", Int64(sweepAllowance)),
        ]
        for (name, count) in counts {
            json.key(name)
            json.integer(count)
        }
        json.endObject()
    }
}
