import Wire

/// One line of a bench's result: ours beside a peer, or beside a budget.
package struct ResultRow: Sendable, Equatable {
    package enum Better: String, Sendable {
        case higher, lower
    }

    package enum Verdict: String, Sendable {
        /// The aim, which lies beyond the pass, is reached.
        case aim
        case pass
        case missed
        /// The side under test was not what limited the figure.
        case void
        /// Nothing was to be reached.
        case none = ""
    }

    package var measure: String
    package var ours: Double
    package var peer: Double?
    package var peerName: String?
    package var unit: String
    /// ours ÷ peer; nil without a peer, or where the figure is void.
    package var ratio: Double?
    package var better: Better
    /// The ratio that is to be reached, or not to be exceeded; nil = for information.
    package var pass: Double?
    package var aim: Double?
    package var isVoid = false
    /// What a reader should know beside it; in the table alone.
    package var note = ""

    package init(
        _ measure: String, ours: Double, unit: String, better: Better, peer: Double? = nil,
        peerName: String? = nil, pass: Double? = nil, aim: Double? = nil, note: String = ""
    ) {
        self.measure = measure
        self.ours = ours
        self.unit = unit
        self.better = better
        self.peer = peer
        self.peerName = peerName
        self.pass = pass
        self.aim = aim
        self.note = note
        ratio = peer.map { ours / $0 }
    }

    /// The row of a series of pairs: medians, the median of the ratios, void where a core idled.
    package init(
        _ measure: String, _ pairs: PairSeries, unit: String, better: Better, peerName: String,
        pass: Double? = nil, aim: Double? = nil, note: String = ""
    ) {
        self.init(
            measure, ours: pairs.oursMedian, unit: unit, better: better, peer: pairs.peerMedian,
            peerName: peerName, pass: pass, aim: aim, note: note)
        isVoid = pairs.isVoid
        ratio = pairs.isVoid ? nil : pairs.ratio
    }

    package var verdict: Verdict {
        if isVoid { return .void }
        guard let ratio, let pass else { return .none }
        if let aim, reaches(ratio, aim) { return .aim }
        return reaches(ratio, pass) ? .pass : .missed
    }

    private func reaches(_ ratio: Double, _ goal: Double) -> Bool {
        better == .higher ? ratio >= goal : ratio <= goal
    }

    func write(_ json: inout JSONWriter) {
        json.beginObject()
        json.key("measure")
        json.string(measure)
        json.key("ours")
        json.double(ours)
        json.key("peer")
        Self.write(peer, &json)
        json.key("peer_name")
        if let peerName { json.string(peerName) } else { json.null() }
        json.key("unit")
        json.string(unit)
        json.key("ratio")
        Self.write(ratio, &json)
        json.key("better")
        json.string(better.rawValue)
        json.key("pass")
        Self.write(pass, &json)
        json.key("aim")
        Self.write(aim, &json)
        json.endObject()
    }

    private static func write(_ value: Double?, _ json: inout JSONWriter) {
        if let value { json.double(value) } else { json.null() }
    }
}
