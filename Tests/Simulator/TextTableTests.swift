import Testing

@testable import Simulator

@Suite struct TextTableTests {
    @Test func columnsAreAligned() {
        var table = TextTable("Games", heads: ["<game", "limit"])
        table.add("dragon-tide", "1,500")
        table.add("moon", "50")
        #expect(
            table.text(.plain) == "Games\n  game         limit\n  dragon-tide  1,500\n  moon            50")
    }

    @Test func colourDoesNotCountAsWidth() {
        var table = TextTable("T", heads: ["<a", "b"])
        table.add([TextTable.Cell("x"), TextTable.Cell("1", .red)])
        #expect(table.text(.coloured).contains("x  \u{1b}[31m1\u{1b}[0m"))
        #expect(table.text(.plain).contains("x  1"))
    }

    @Test(arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567")])
    func numbersAreGrouped(_ number: Int, _ text: String) {
        #expect(number.grouped == text)
    }

    @Test(arguments: [
        (0.04, "0.0 ms"), (7.26, "7.3 ms"), (99.97, "100 ms"), (142.4, "142 ms"), (999.7, "1.0 s"),
        (2540, "2.5 s"), (42_000, "42 s"),
    ])
    func millisecondsAreShort(_ ms: Double, _ text: String) {
        #expect(ms.asMs == text)
    }
}
