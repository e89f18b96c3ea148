import Catalog
import Histogram
import NIOCore
import Orders
import Pacing
import Wire

extension DeliveryLoop {
    /// `GET /v1/admin/status`: what each game's queue is doing, and whether nothing is left to do here.
    func status() -> [UInt8] {
        loop.assertInEventLoop()
        var json = JSONWriter(reserving: 4_096)
        json.beginObject()
        json.key("owner")
        json.string(utf8: Hex.encode(engine.owner))
        json.key("idle")
        json.bool(engine.parcels.count == 0 && writes.count == 0)
        json.key("open")
        json.integer(Int64(engine.parcels.count))
        json.key("partitions")
        json.integer(Int64(engine.partitions.filter(\.isAssigned).count))
        json.key("games")
        json.beginArray()
        let phases = engine.phaseCounts()
        for game in request.catalog.games {
            let slot = Int(game.slot)
            let pace = engine.pacer[game.slot]
            json.beginObject()
            json.key("game")
            json.string(game.id)
            json.key("limit")
            json.double(game.limit.perSecond)
            field("ready", phases[slot].ready, &json)
            field("in_flight", pace.live, &json)
            field("retrying", phases[slot].sleeping, &json)
            field("writing", phases[slot].writing, &json)
            field("ghosts", pace.ghosts, &json)
            json.key("breaker")
            json.string("\(pace.breakerState)")
            json.key("paused")
            json.bool(pace.isPaused)
            let counts = engine.counts[slot]
            field("attempts", counts.attempts, &json)
            field("retries", counts.repeats, &json)
            field("delivered", counts.delivered, &json)
            field("rejected", counts.rejected, &json)
            field("expired", counts.expired, &json)
            field("voided", counts.voided, &json)
            field("parked", counts.parked, &json)
            field("unknown", counts.unknown, &json)
            field("asked", counts.asked, &json)
            json.key("p50_ms")
            json.double(Double(latencies[slot].valueAtPercentile(50)) / 1000)
            json.key("p99_ms")
            json.double(Double(latencies[slot].valueAtPercentile(99)) / 1000)
            json.endObject()
        }
        json.endArray()
        json.endObject()
        return json.bytes
    }

    private func field(_ key: StaticString, _ value: Int, _ json: inout JSONWriter) {
        json.key(key)
        json.integer(Int64(value))
    }
}

extension DeliveryEngine {
    /// Parcels of each game by what they are doing.
    func phaseCounts() -> [(ready: Int, sleeping: Int, writing: Int)] {
        var counts = catalog.games.map { _ in (ready: 0, sleeping: 0, writing: 0) }
        for ref in parcels.refs {
            guard let parcel = parcels[ref] else { continue }
            switch parcel.phase {
            case .ready: counts[Int(parcel.game)].ready += 1
            case .sleeping: counts[Int(parcel.game)].sleeping += 1
            case .recording, .settling, .shelving: counts[Int(parcel.game)].writing += 1
            case .beginning, .sending, .asking: break
            }
        }
        return counts
    }
}
