import Orders
import Redis

/// What came of asking for a lane.
package enum LaneAnswer: Sendable, Equatable {
    case lane(UInt32)
    /// The counter is missing or Redis was restarted: ask again with a floor from Kafka.
    case needsFloor
}

extension OrderStore {
    /// 2024-01-01T00:00:00Z, from which lane floors count seconds.
    package static let laneEpochS: Int64 = 1_704_067_200

    /// Takes a lane that was never given before.
    ///
    /// - Parameters:
    ///   - run: Redis's `run_id`, see ``redisRun(then:)``.
    ///   - floor: the greater of the seconds since 2024 and the highest lane seen in Kafka; nil where not
    ///     known yet.
    package func acquireLane(
        run: String, floor: UInt32?, owner: UInt64, leaseMs: Int64, then: @escaping Answer<LaneAnswer>
    ) {
        let arguments = [
            Array(run.utf8), floor.map { decimal($0) } ?? [], owner.bigEndianBytes, decimal(leaseMs),
        ]
        call(CampaignScripts.acquireLane, keys: [keys.lanes], arguments: arguments, then: then) { reply in
            guard let number = reply.integer else { return nil }
            return number < 0 ? .needsFloor : UInt32(exactly: number).map { .lane($0) }
        }
    }

    /// Prolongs leases; the answer tells for each lane whether it is still the owner's. A lease of 0 gives it
    /// up.
    package func renewLanes(_ lanes: [UInt32], owner: UInt64, leaseMs: Int64, then: @escaping Answer<[Bool]>)
    {
        let arguments = [owner.bigEndianBytes, decimal(leaseMs)] + lanes.map { decimal($0) }
        call(CampaignScripts.renewLanes, keys: [keys.lanes], arguments: arguments, then: then) { reply in
            guard let answers = reply.array, answers.count == lanes.count else { return nil }
            return answers.map { $0.integer == 1 }
        }
    }

    /// The lanes whose owners live, as far as their leases tell.
    package func liveLanes(then: @escaping Answer<Set<UInt32>>) {
        call(CampaignScripts.liveLanes, keys: [keys.lanes], arguments: [], then: then) { reply in
            reply.array.map { lanes in
                Set(lanes.compactMap { $0.bytes.flatMap { UInt32(String(decoding: $0, as: UTF8.self)) } })
            }
        }
    }

    /// The `run_id` of the Redis that answers; another one after every restart.
    package func redisRun(then: @escaping Answer<String>) {
        var command = RedisCommand("INFO")
        command.add("server")
        redis.send(command) { result in
            then(
                result.flatMap { reply in
                    let text = String(decoding: reply.bytes ?? [], as: UTF8.self)
                    let line = text.split(whereSeparator: \.isNewline).first { $0.hasPrefix("run_id:") }
                    guard let line else {
                        return .failure(RedisFailure(kind: .unknown, message: "INFO names no run_id"))
                    }
                    return .success(String(line.dropFirst("run_id:".count)))
                })
        }
    }
}
