import Testing

@testable import Claim

@Suite("Names and their slots")
struct NameTableTests {
    private func slot(_ table: NameTable, _ name: String) -> UInt16? {
        Array(name.utf8).withUnsafeBufferPointer { table.slot($0) }
    }

    @Test("every name is found under its slot, and no other", arguments: [0, 1, 2, 3, 64, 1000])
    func all(count: Int) {
        let names = (0..<count).map { "gift-\($0 * 7)" }
        let table = NameTable(names)
        for (index, name) in names.enumerated() { #expect(slot(table, name) == UInt16(index)) }
        for name in ["", "gift-", "gift-1", "Gift-0", "gift-0 ", String(repeating: "x", count: 64)] {
            #expect(slot(table, name) == nil)
        }
    }
}
