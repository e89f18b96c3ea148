import Orders
import Redis

/// What a call to the board gave.
package struct LendBoard: Sendable, Equatable {
    /// The counter of `{c}:control`: another number means that a limit or a pause was changed.
    package var controlVersion: Int64
    /// The other deliverers' newest entries, as they wrote them, in no order.
    package var entries: [(instance: UInt64, entry: [UInt8])]

    package static func == (a: LendBoard, b: LendBoard) -> Bool {
        a.controlVersion == b.controlVersion
            && a.entries.map(\.instance) == b.entries.map(\.instance)
            && a.entries.map(\.entry) == b.entries.map(\.entry)
    }
}

extension OrderStore {
    /// Deliverers on the board at most, and how long a silent one stays there, by Redis's clock.
    package static let maxLenders = 64
    package static let lenderSilenceMs: Int64 = 60_000

    /// Writes a deliverer's entry to the board, in place of its former one, and reads those of all others.
    ///
    /// Refused with `OLD` where a later call of the same instance came before, with `FULL` where
    /// ``maxLenders`` others live. Whether a call without an answer was applied does not matter to whoever
    /// lends: see `LimitShares`.
    package func lend(instance: UInt64, sequence: UInt64, entry: [UInt8], then: @escaping Answer<LendBoard>) {
        callCampaign(
            LendScript.lend, keys: [keys.lend, keys.control],
            arguments: [
                instance.bigEndianBytes, sequence.bigEndianBytes, entry, decimal(Self.maxLenders),
                decimal(Self.lenderSilenceMs),
            ], then: then
        ) { reply in
            guard let parts = reply.array, parts.count % 2 == 1, let version = parts[0].integer else {
                return nil
            }
            var board = LendBoard(controlVersion: version, entries: [])
            for at in stride(from: 1, to: parts.count, by: 2) {
                guard let name = parts[at].bytes, let entry = parts[at + 1].bytes else { return nil }
                // A field that no deliverer wrote is nobody's.
                guard name.count == 8 else { continue }
                board.entries.append((name.reduce(0) { $0 << 8 | UInt64($1) }, entry))
            }
            return board
        }
    }
}
