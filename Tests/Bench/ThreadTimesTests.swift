import Testing

@testable import Bench

@Suite struct ThreadTimesTests {
    @Test("A thread's name may hold parentheses and blanks")
    func names() {
        #expect(ThreadTimes.name(stat: "12 (rdk:broker1) S 1 2") == "rdk:broker1")
        #expect(ThreadTimes.name(stat: "12 (a) b (c)) R 1") == "a) b (c)")
        #expect(ThreadTimes.name(stat: "12 nothing") == nil)
    }

    @Test("What a name used between two looks, the most first, new threads included, idle ones not")
    func since() {
        let before = ThreadTimes(seconds: ["loop": 1, "idle": 2])
        let after = ThreadTimes(seconds: ["loop": 1.5, "idle": 2, "new": 3])
        let used = after.since(before)
        #expect(used.map(\.name) == ["new", "loop"])
        #expect(used.map(\.seconds) == [3, 0.5])
    }
}
