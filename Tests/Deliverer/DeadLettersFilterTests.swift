import CampaignFiles
import Catalog
import Kafka
import Orders
import Testing
import Wire

@testable import Deliverer

/// Dead letters of the shipped campaign, made by hand.
enum Letters {
    static let catalog: Catalog = {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        do {
            return try CampaignDirectory.load(
                "/\(root)/StaticData/campaigns/spring-festival", allowUnset: true)
        } catch { preconditionFailure("the shipped campaign: \(error)") }
    }()

    static func letter(
        _ id: UInt64, game: String = "teahouse-days", attempt: UInt16 = 1, outcome: Outcome = .rejected,
        status: Int = 422, reason: String = "status 422", answer: String = "", atMs: Int64 = 1_000
    ) -> DeadRecord {
        let gift = catalog.gifts.first { catalog.games[Int($0.game)].id == game }!
        return DeadRecord(
            order: Order(
                id: OrderID(rawValue: id), coupon: id, user: id, gift: gift.slot, region: 0, role: 1,
                claimedAtMs: 0, deadlineMs: 1, attempt: attempt),
            outcome: outcome, reason: reason, status: status, answer: answer, atMs: atMs)
    }

    static func record(_ value: [UInt8], offset: Int64, atMs: Int64 = 0) -> KafkaRecord {
        KafkaRecord(offset: offset, timestampMs: atMs, key: [], value: value)
    }

    /// A survey of letters that stand one behind the other in one partition.
    static func survey(
        _ letters: [DeadRecord], _ filter: LetterFilter = LetterFilter(), window: Int = 10
    ) -> LetterSurvey {
        var survey = LetterSurvey(catalog, filter, window: window)
        for (offset, letter) in letters.enumerated() {
            survey.take(record(letter.encode(catalog), offset: Int64(offset)), partition: 0)
        }
        return survey
    }
}

@Suite("Dead letters: which are meant")
struct DeadLettersFilterTests {
    @Test("everything that is said must hold")
    func matches() {
        let letter = Letters.letter(1, reason: "Status 422", atMs: 500)
        func isMeant(_ change: (inout LetterFilter) -> Void) -> Bool {
            var filter = LetterFilter()
            change(&filter)
            return filter.matches(letter, game: "teahouse-days")
        }
        #expect(isMeant { _ in })
        #expect(isMeant { $0.games = ["moon-rabbit", "teahouse-days"] })
        #expect(!isMeant { $0.games = ["moon-rabbit"] })
        #expect(isMeant { $0.reason = "STATUS 4" } && !isMeant { $0.reason = "status 5" })
        #expect(isMeant { $0.status = 422 } && !isMeant { $0.status = 0 })
        #expect(isMeant { $0.ending = .rejected })
        #expect(!isMeant { $0.ending = .expired } && !isMeant { $0.ending = .poison })
        #expect(isMeant { $0.sinceMs = 500 } && !isMeant { $0.sinceMs = 501 })
        #expect(isMeant { $0.untilMs = 501 } && !isMeant { $0.untilMs = 500 })
        #expect(
            !isMeant {
                $0.status = 422
                $0.reason = "other"
            })
    }

    @Test("a poison record is of the game whose topic it stood in")
    func poison() {
        let found = PoisonRecord.Found(
            topic: "spring.orders.moon-rabbit", partition: 1, offset: 2, reason: "not JSON", value: [1, 2])
        #expect(LetterFilter().matches(found, atMs: 5))
        #expect(LetterFilter(games: ["moon-rabbit"], reason: "json").matches(found, atMs: 5))
        #expect(!LetterFilter(games: ["teahouse-days"]).matches(found, atMs: 5))
        #expect(!LetterFilter(status: 0).matches(found, atMs: 5))
        #expect(!LetterFilter(ending: .rejected).matches(found, atMs: 5))
        #expect(LetterFilter(ending: .poison, sinceMs: 5, untilMs: 6).matches(found, atMs: 5))
        let line = PoisonRecord.encode(
            topic: found.topic, partition: 1, offset: 2, reason: "not JSON", value: [1, 2])
        #expect(PoisonRecord.decode(line) == found)
        #expect(PoisonRecord.decode(Letters.letter(1).encode(Letters.catalog)) == nil)
        #expect(PoisonRecord.decode([UInt8(ascii: "{")]) == nil)
    }

    @Test("filters of one meaning have one text, others another")
    func canonical() {
        #expect(
            LetterFilter(games: ["b", "a", "b"], reason: "X").canonical
                == LetterFilter(games: ["a", "b"], reason: "x").canonical)
        let texts = [
            LetterFilter(), LetterFilter(games: ["a"]), LetterFilter(games: ["a,b"]),
            LetterFilter(games: ["a", "b"]), LetterFilter(reason: "a"), LetterFilter(status: 5),
            LetterFilter(ending: .expired), LetterFilter(sinceMs: 5), LetterFilter(untilMs: 5),
        ].map(\.canonical)
        #expect(Set(texts).count == texts.count)
    }

    @Test("text of strangers stays on its line and steers no terminal")
    func harmless() {
        #expect(DeskOutput.harmless("a\nb\r\t\\") == #"a\nb\r\t\\"#)
        #expect(DeskOutput.harmless("\u{1b}[31m\u{7f}\u{9b}0m") == #"\u{1b}[31m\u{7f}\u{9b}0m"#)
        #expect(DeskOutput.harmless("x\u{202e}y\u{2066}\u{2028}") == #"x\u{202e}y\u{2066}\u{2028}"#)
        #expect(DeskOutput.harmless("red packet 红包 é") == "red packet 红包 é")
        #expect(DeskOutput.harmless("abcdef", most: 3) == "abc…")
        var random = SplitMix64(seed: 3)
        for _ in 0..<500 {
            let bytes = (0..<40).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            let text = DeskOutput.harmless(String(decoding: bytes, as: UTF8.self))
            #expect(text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) })
        }
    }

    @Test("tables align, ages have two units")
    func tables() {
        #expect(
            DeskOutput.table([["a", "n"], ["long", "12"], ["b", "3"]], numbers: [1])
                == "a      n\nlong  12\nb      3")
        #expect(DeskOutput.table([["a", ""], ["b", "x"]]) == "a\nb  x")
        let ages = [-5, 999, 61_000, 3_661_000, 90_061_000].map { DeskOutput.age(ms: $0) }
        #expect(ages == ["0s", "0s", "1m 1s", "1h 1m", "1d 1h"])
    }
}
