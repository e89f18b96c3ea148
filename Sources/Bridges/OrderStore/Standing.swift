/// Whether what Redis holds of a campaign may be worked with.
package enum Standing: Sendable, Equatable {
    /// Every master's contents are known good: scripts are given this epoch.
    case open(epoch: UInt16)
    /// Somebody has begun to open the campaign for the first time.
    case fresh
    /// Redis knows nothing of the campaign: it is new, or it was lost.
    case empty
    /// It is being rebuilt, or a rebuild was cut short.
    case closed(epoch: UInt16)
    /// A master has been restarted or promoted since: the last second's writes may be missing.
    case strangeRun(epoch: UInt16)

    /// The epoch to work with; nil: take nothing, begin nothing.
    package var openEpoch: UInt16? {
        if case .open(let epoch) = self { epoch } else { nil }
    }

    /// The epoch that Redis knows of, however it stands; 0 for none.
    package var knownEpoch: UInt16 {
        switch self {
        case .open(let epoch), .closed(let epoch), .strangeRun(let epoch): epoch
        case .fresh: 1
        case .empty: 0
        }
    }
}
