import Orders
import Redis

extension OrderStore {
    /// 2024-01-01T00:00:00Z, from which lane floors count seconds.
    package static let laneEpochS: Int64 = 1_704_067_200

    /// Takes a lane that was never given before. Refused with `EPOCH` unless the store's epoch is open.
    package func acquireLane(owner: UInt64, leaseMs: Int64, then: @escaping Answer<UInt32>) {
        callCampaign(
            LaneScripts.acquire, keys: [keys.lanes], arguments: [owner.bigEndianBytes, decimal(leaseMs)],
            then: then
        ) { reply in
            guard let lane = reply.integer.flatMap({ UInt32(exactly: $0) }), lane > OrderID.testLane else {
                return nil
            }
            return lane
        }
    }

    /// Prolongs leases; the answer tells for each lane whether it is still the owner's. A lease of 0 gives it
    /// up.
    package func renewLanes(_ lanes: [UInt32], owner: UInt64, leaseMs: Int64, then: @escaping Answer<[Bool]>)
    {
        let arguments = [owner.bigEndianBytes, decimal(leaseMs)] + lanes.map { decimal($0) }
        callCampaign(LaneScripts.renew, keys: [keys.lanes], arguments: arguments, then: then) { reply in
            guard let answers = reply.array, answers.count == lanes.count else { return nil }
            return answers.map { $0.integer == 1 }
        }
    }

    /// The lanes whose owners live, as far as their leases tell.
    package func liveLanes(then: @escaping Answer<Set<UInt32>>) {
        callCampaign(LaneScripts.living, keys: [keys.lanes], arguments: [], then: then) { reply in
            reply.array.map { lanes in
                Set(lanes.compactMap { $0.bytes.flatMap { UInt32(String(decoding: $0, as: UTF8.self)) } })
            }
        }
    }
}
