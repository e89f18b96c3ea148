import CampaignFiles
import Foundation
import Testing
import Wire

@testable import Reconciler

@Suite("Reports on their shelf")
struct RunShelfTests {
    private func with(_ body: (RunShelf) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.path + "/shelf-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(RunShelf(path: path))
    }

    private func names(_ shelf: RunShelf) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: shelf.path).sorted()
    }

    private func id(_ number: UInt32, epoch: UInt16 = 1) -> RunID { RunID(epoch: epoch, number: number) }

    @Test("a name is read in its one spelling only, and never leads elsewhere")
    func spelling() {
        #expect(RunID(text: "1-17") == id(17))
        for text in [
            "", "1", "1-", "-1", "01-7", "1-07", "+1-7", "1-7-2", "../1-7", "1-4294967296", "65536-1",
        ] {
            #expect(RunID(text: text) == nil, "\(text)")
        }
        #expect(id(2) < id(10) && id(10) < id(1, epoch: 2))
    }

    @Test("a staged report is nowhere to be seen until it is published; then the newest is first")
    func publishing() throws {
        try with { shelf in
            #expect(try shelf.list() == [])
            for number: UInt32 in [9, 10] {
                try shelf.stage(id(number), Array("r\(number)".utf8))
                #expect(try !shelf.list().contains(id(number)))
                #expect(try shelf.read(id(number)) == nil)
                try shelf.publish(id(number))
            }
            #expect(try shelf.list() == [id(10), id(9)])
            #expect(try shelf.read(id(9)) == Array("r9".utf8))
            // Once more is a failure, not a change.
            #expect(throws: FileFault.self) { try shelf.publish(id(9)) }
            #expect(try names(shelf) == ["run-1-10.json", "run-1-9.json"])
        }
    }

    @Test("of what runs left behind the sealed one is named, the others go, a later one is let be")
    func tidying() throws {
        try with { shelf in
            for number: UInt32 in [3, 4, 6] { try shelf.stage(id(number), [1]) }
            try shelf.stage(id(4, epoch: 2), [2])
            try shelf.tidy(before: id(5), lastSealed: 4)
            #expect(try names(shelf) == [".run-1-6.json.new", ".run-2-4.json.new", "run-1-4.json"])
            // Another epoch's number is another run's.
            try shelf.tidy(before: id(5, epoch: 2), lastSealed: 6)
            #expect(try names(shelf) == ["run-1-4.json"])
        }
    }

    @Test("old reports go, the newest stays however old it is")
    func sweeping() throws {
        try with { shelf in
            for number: UInt32 in 1...3 {
                try shelf.stage(id(number), [1])
                try shelf.publish(id(number))
                let date = Date(timeIntervalSince1970: Double(number) * 1000)
                try FileManager.default.setAttributes(
                    [.modificationDate: date], ofItemAtPath: "\(shelf.path)/run-1-\(number).json")
            }
            #expect(try shelf.sweep(writtenBeforeMs: 2_000_000) == 1)
            #expect(try shelf.list() == [id(3), id(2)])
            #expect(try shelf.sweep(writtenBeforeMs: 9_000_000) == 1)
            #expect(try shelf.list() == [id(3)])
        }
    }

    @Test("the closing statement is there when all of its forms are")
    func statement() throws {
        try with { shelf in
            var world = ClosingWorld()
            world.add(2, .delivered, gift: 0)
            try FileManager.default.createDirectory(
                atPath: shelf.path, withIntermediateDirectories: true)
            try shelf.stage(world.statement, id(1))
            #expect(!shelf.hasStatement("test"))
            try shelf.publishStatement("test", id(1))
            #expect(shelf.hasStatement("test"))
            try FileManager.default.removeItem(atPath: shelf.statementPath("test", .csv))
            #expect(!shelf.hasStatement("test"))
            try shelf.stage(world.statement, id(2))
            shelf.discardStatement("test", id(2))
            #expect(try names(shelf) == ["statement-test.html", "statement-test.json"])
        }
    }
}
