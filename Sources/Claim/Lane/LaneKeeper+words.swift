import OrderStore

/// What the keeper hears, wants, and where it stands.
extension LaneKeeper {
    enum Event: Equatable {
        case redisUp
        case redisDown
        /// The answer to `ask`.
        case standing(Standing)
        /// The answer to `look`; nil: none came.
        case looked(Standing?)
        /// The campaign is marked as being opened for the first time.
        case marked
        /// Whether Kafka remembers neither lane nor epoch.
        case history(isBlank: Bool)
        /// Kafka holds the first epoch.
        case epochRecorded
        case openedFresh
        case acquired(lane: UInt32)
        /// Kafka holds the lane.
        case announced
        /// The lease was prolonged, or the lane is no longer ours; nil: no answer.
        case renewed(lane: UInt32, Bool?)
        /// A script was refused because it carried another epoch than Redis's.
        case epochRefused
        /// The step got no answer.
        case failed
        /// A shard has used up the lane's numbers.
        case full
        case tick
        case stop
    }

    enum Action: Equatable {
        case ask
        /// As `ask`, while work goes on.
        case look
        case markFresh
        case readHistory
        case recordEpoch
        case openFresh
        case acquire
        case announce(lane: UInt32)
        case renew(lane: UInt32)
        case giveUp(lane: UInt32)
        /// Claims may be numbered in this lane. `isNewEpoch`: what this process knew of Redis's contents no
        /// longer counts.
        case opened(lane: UInt32, isNewEpoch: Bool)
        /// No claim may be numbered any more.
        case closed
    }

    /// What the lane waits for, as `/readyz` and the status page say it.
    enum State: Equatable {
        case away
        case asking
        case marking
        case readingHistory
        case recordingEpoch
        case openingFresh
        case acquiring
        case announcing(lane: UInt32)
        /// Back after a loss of the connection, same epoch: the lease decides.
        case renewing(lane: UInt32)
        case open(lane: UInt32)
        case waiting(untilNs: UInt64, why: Reason)
        case stopped
    }

    /// Why nothing is done for a while.
    enum Reason: String, Equatable {
        case failed = "lane: the last step failed and is repeated"
        case otherEpoch = "run: redis has changed; it is asked how it stands"
        case closed = "run: redis is being rebuilt from kafka"
        case strange = "run: redis was restarted or replaced, and may lack its last second: rebuild it"
        case lost = "run: redis is empty, and kafka remembers the campaign: rebuild it"
    }
}
