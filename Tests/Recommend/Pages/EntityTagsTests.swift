import Testing
import Wire

@testable import Recommend

@Suite("Entity tags")
struct EntityTagsTests {
    private let tag = Array("\"abc\"".utf8)

    private func isListed(_ field: String, _ comparison: EntityTags.Comparison = .weak) -> Bool {
        EntityTags.isListed(tag, in: field, comparison)
    }

    @Test(
        "lists that name it",
        arguments: [
            "\"abc\"", "W/\"abc\"", "*", " * ", "\"x\", \"abc\"", "\"x\",W/\"abc\"", ",, \"abc\" ,",
            "\"a,b\", \"abc\"", "\"\", \"abc\"", "\"abc\", garbage", "\"W/\", \"abc\"", "\t\"abc\"\t",
            "\"\u{e9}\", \"abc\"",
        ])
    func listed(_ field: String) {
        #expect(isListed(field))
    }

    @Test(
        "lists that do not, and what is no list",
        arguments: [
            "", " ", ",", "abc", "\"abc", "abc\"", "\"ab\"", "\"abcd\"", "\"ABC\"", "w/\"abc\"", "W/ \"abc\"",
            "\"x\" \"abc\"", "garbage, \"abc\"", "\"x\", *", "**", "*, \"abc\"", "W/", "\"x, \"abc\"",
        ])
    func unlisted(_ field: String) {
        #expect(!isListed(field))
    }

    @Test("strong comparison takes no weak tag")
    func strong() {
        #expect(isListed("\"abc\"", .strong) && isListed("*", .strong))
        #expect(isListed("W/\"abc\", \"abc\"", .strong))
        #expect(!isListed("W/\"abc\"", .strong))
    }

    @Test("If-Range takes this strong tag and nothing else")
    func ifRange() {
        #expect(EntityTags.isCurrent(tag, ifRange: "\"abc\""))
        for field in ["W/\"abc\"", "*", "\"x\"", "\"abc\", \"x\"", "Tue, 17 Feb 2026 00:00:00 GMT", ""] {
            #expect(!EntityTags.isCurrent(tag, ifRange: field), "\(field)")
        }
    }

    @Test("random fields never crash")
    func fuzz() {
        var random = SplitMix64(seed: 5)
        let parts = ["\"", "abc", "W/", ",", " ", "*", "x"]
        for _ in 0..<20_000 {
            let field = (0..<Int.random(in: 0...10, using: &random))
                .map { _ in parts.randomElement(using: &random)! }.joined()
            if isListed(field) { #expect(field.contains("\"abc\"") || field.contains("*")) }
        }
    }
}
