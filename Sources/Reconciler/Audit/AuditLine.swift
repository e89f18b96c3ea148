import Orders
import Wire

/// What an act was about. Raw values are what `--kind` takes.
enum AuditKind: String, CaseIterable, Sendable {
    case limit, pause, resume, stock, approval, redrive, resend, settle, parked, rebuild, run
}

/// One act of an operator, or of a service in an operator's stead, as `.control` tells of it.
struct AuditLine: Equatable, Sendable {
    var kind: AuditKind
    var by: String
    /// Empty where the act has none: a rebuild has a cause.
    var reason: String
    var atMs: Int64
    /// nil: all games, or no game in particular.
    var game: String?
    /// What it was done to, and how far it is.
    var subject: String

    /// nil: a line that is nobody's act, as the giving out of a lane is.
    ///
    /// - Parameter gameOfGift: the game of a gift pack's ID; nil where the catalog has none such.
    init?(_ record: ControlRecord, gameOfGift: (String) -> String?) {
        atMs = record.atMs
        game = nil
        switch record {
        case .lane: return nil
        case .epoch(let epoch, let cause, let by, _):
            (kind, self.by, reason) = (.rebuild, by, cause)
            subject = "epoch \(epoch)"
        case .resend(let plan, let orders, let phase, let by, let reason, _):
            (kind, self.by, self.reason) = (.resend, by, reason)
            subject = "\(phase.rawValue) \(orders) orders of plan \(plan)"
        case .stock(let act, let gift, let add, let units, let by, let reason, _):
            (kind, self.by, self.reason) = (.stock, by, reason)
            game = gameOfGift(gift)
            subject = "\(gift) +\(add) packs" + (units > 0 ? " +\(units) units" : "") + ", act \(act)"
        case .approval(let order, let verdict, let by, let reason, _):
            (kind, self.by, self.reason) = (.approval, by, reason)
            subject = "\(verdict.rawValue) \(order.text)"
        case .settle(let batch, let gift, let phase, let by, let reason, _):
            (kind, self.by, self.reason) = (.settle, by, reason)
            game = gameOfGift(gift)
            subject = "\(phase.rawValue) batch \(batch) with \(gift)"
        case .limit(let game, let perSecond, let burst, let most, let by, let reason, _):
            (kind, self.by, self.reason, self.game) = (.limit, by, reason, game)
            subject =
                "\(game ?? "total") \(perSecond)/s, burst \(burst)" + (most.map { ", \($0) at once" } ?? "")
        case .gate(let game, let isPaused, let by, let reason, _):
            (kind, self.by, self.reason, self.game) = (isPaused ? .pause : .resume, by, reason, game)
            subject = game
        case .redrive(let batch, let orders, let phase, let by, let reason, _):
            (kind, self.by, self.reason) = (.redrive, by, reason)
            subject = "\(phase.rawValue) \(orders) orders of batch \(batch)"
        case .parked(let order, let granted, let by, let reason, _):
            (kind, self.by, self.reason) = (.parked, by, reason)
            subject = "\(order.text) \(granted ? "granted" : "not granted")"
        case .run(let run, let by, let reason, _):
            (kind, self.by, self.reason) = (.run, by, reason)
            subject = run
        }
    }

    /// `{"at","kind","by","game","subject","reason"}`, one line.
    func json() -> [UInt8] {
        var json = JSONWriter(reserving: 256)
        json.beginObject()
        json.member("at", UTCTimestamp.rfc3339(unixMs: atMs))
        json.member("kind", kind.rawValue)
        json.member("by", by)
        json.member("game", game)
        json.member("subject", subject)
        json.member("reason", reason)
        json.endObject()
        return json.bytes
    }

    /// Cells of the table. What a terminal would obey is shown as a blank.
    var cells: [String] {
        [UTCTimestamp.rfc3339(unixMs: atMs), kind.rawValue, by, subject, reason].map { text in
            String(String.UnicodeScalarView(text.unicodeScalars.map { Self.isHarmless($0) ? $0 : " " }))
        }
    }

    private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
}

/// Which acts are asked for; what is nil or empty lets everything through.
struct AuditFilter: Equatable, Sendable {
    var by: Set<String> = []
    var kinds: Set<AuditKind> = []
    var games: Set<String> = []
    /// Unix milliseconds.
    var sinceMs: Int64?

    func lets(_ line: AuditLine) -> Bool {
        (by.isEmpty || by.contains(line.by)) && (kinds.isEmpty || kinds.contains(line.kind))
            && (games.isEmpty || line.game.map(games.contains) ?? false)
            && line.atMs >= sinceMs ?? .min
    }

    /// An RFC 3339 time, or so long ago as `90m`, `48h`, `7d`.
    static func since(_ text: String, nowMs: Int64) -> Int64? {
        if let at = UTCTimestamp.parse(text) { return at }
        let units: [Character: Int64] = ["s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        guard let unit = text.last.flatMap({ units[$0] }), let count = Int64(text.dropLast()),
            (0...1_000_000).contains(count)
        else { return nil }
        return nowMs - count * unit
    }
}
