import Orders
import Redis

/// The right to reconcile, of one process at a time.
package struct RunTenure: Sendable, Equatable {
    /// A random number of the process's.
    package let owner: UInt64
    package let epoch: UInt16
    /// Grows with every run of the epoch.
    package let number: UInt32
    /// The number of the last run before it whose report was sealed; 0: none.
    package let lastSealed: UInt32

    package init(owner: UInt64, epoch: UInt16, number: UInt32, lastSealed: UInt32 = 0) {
        self.owner = owner
        self.epoch = epoch
        self.number = number
        self.lastSealed = lastSealed
    }
}

/// What came of asking for it.
package enum RunTurn: Sendable, Equatable {
    case begun(RunTenure)
    /// Another process has it for so many ms, or longer.
    case busy(leftMs: Int64)
    /// The last run is young enough for so many ms.
    case notDue(waitMs: Int64)
}

/// What may be sealed under a tenure.
package enum RunSeal: String, Sendable {
    case report = "d"
    case statement = "s"
}

/// Who reconciles now.
package struct RunLook: Sendable, Equatable {
    /// Of the run that was begun last; 0: none ever.
    package var number: UInt32
    /// nil: nobody works.
    package var owner: UInt64?
    package var leftMs: Int64
}

/// The reconcilers' lease. Every call is refused with `EPOCH` where another epoch is open, or none.
extension OrderStore {
    /// Takes the lease and begins a run under a number that never was before.
    ///
    /// - Parameters:
    ///   - leaseMs: after so long without ``keepRun(_:leaseMs:)`` it is nobody's, by Redis's clock.
    ///   - everyMs: only where the last sealed run began so long ago; 0: whenever that was.
    package func beginRun(
        owner: UInt64, leaseMs: Int64, everyMs: Int64
    ) async throws(RedisFailure) -> RunTurn {
        let epoch = epoch
        return try await awaiting { store, then in
            store.callCampaign(
                RunLeaseScripts.begin, keys: [store.keys.runs],
                arguments: [owner.bigEndianBytes, decimal(leaseMs), decimal(everyMs)], then: then
            ) { reply in
                guard let numbers = reply.array?.compactMap({ $0.integer }), numbers.count >= 2 else {
                    return nil
                }
                switch (numbers[0], numbers.count) {
                case (0, 2): return .busy(leftMs: numbers[1])
                case (2, 2): return .notDue(waitMs: numbers[1])
                case (1, 3):
                    guard let number = UInt32(exactly: numbers[1]), let last = UInt32(exactly: numbers[2])
                    else { return nil }
                    return .begun(RunTenure(owner: owner, epoch: epoch, number: number, lastSealed: last))
                default: return nil
                }
            }
        }
    }

    /// Prolongs it; false: it has ended, and nothing that was made under it counts any more.
    package func keepRun(_ tenure: RunTenure, leaseMs: Int64) async throws(RedisFailure) -> Bool {
        try await asked(RunLeaseScripts.keep, tenure, [decimal(leaseMs)])
    }

    /// Asked just before what others rely on is put in its place: true, and it counts, however long the
    /// caller stands still from here; false: it has ended, and nothing may be written.
    package func sealRun(
        _ tenure: RunTenure, _ seal: RunSeal, leaseMs: Int64
    ) async throws(RedisFailure) -> Bool {
        try await asked(RunLeaseScripts.seal, tenure, [decimal(leaseMs), Array(seal.rawValue.utf8)])
    }

    /// Gives it up; false: it was lost before.
    package func endRun(_ tenure: RunTenure) async throws(RedisFailure) -> Bool {
        try await asked(RunLeaseScripts.end, tenure, [])
    }

    private func asked(
        _ script: RedisScript, _ tenure: RunTenure, _ more: [[UInt8]]
    ) async throws(RedisFailure) -> Bool {
        try await awaiting { store, then in
            // Under its own epoch, whatever the store works under by now.
            guard store.epoch == tenure.epoch else { return then(.success(false)) }
            store.callCampaign(
                script, keys: [store.keys.runs],
                arguments: [tenure.owner.bigEndianBytes, decimal(tenure.number)] + more, then: then
            ) { $0.integer.map { $0 == 1 } }
        }
    }

    /// Who reconciles now, if anybody does.
    package func lookRun() async throws(RedisFailure) -> RunLook {
        try await awaiting { store, then in
            store.callCampaign(
                RunLeaseScripts.look, keys: [store.keys.runs], arguments: [], then: then
            ) { reply in
                guard let row = reply.array, row.count == 3,
                    let number = row[0].integer.flatMap({ UInt32(exactly: $0) }), let owner = row[1].bytes,
                    let left = row[2].integer
                else { return nil }
                return RunLook(number: number, owner: UInt64(bigEndianBytes: owner), leftMs: left)
            }
        }
    }
}
