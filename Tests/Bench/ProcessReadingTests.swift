import Bench
import Glibc
import Testing

@Suite("Reading /proc")
struct ProcessReadingTests {
    @Test("processor time: fields 14 and 15, whatever the program calls itself")
    func stat() {
        let text =
            "4242 (odd) name (x)) S 1 4242 4242 0 -1 4194560 3371 0 0 0 1234 66 7 8 20 0 5 0 99 1000 200 "
            + "18446744073709551615 1 1 0 0 0 0 0 4096 0 0 0 0 17 1 0 0 0 0 0\n"
        #expect(ProcessTime(stat: text, ticksASecond: 100)?.seconds == 13)
        #expect(ProcessTime(stat: text, ticksASecond: 1000)?.seconds == 1.3)
    }

    @Test(
        "a text that is no stat is refused",
        arguments: ["", "1 (a) S 1 2 3", "1 a S 1", "x (y) S 1 2 3 4 5 6 7 8 9 10 u s"])
    func noStat(text: String) {
        #expect(ProcessTime(stat: text, ticksASecond: 100) == nil)
    }

    @Test("memory: Rss and Pss of smaps_rollup, in bytes")
    func rollup() {
        let text = """
            55d0-7ffd ---p 00000000 00:00 0                          [rollup]
            Rss:               12345 kB
            Pss:                6789 kB
            Pss_Anon:           1000 kB
            Shared_Clean:          0 kB
            """
        let memory = ProcessMemory(rollup: text)
        #expect(memory?.resident == 12345 * 1024)
        #expect(memory?.proportional == 6789 * 1024)
        #expect(ProcessMemory(rollup: "Rss: 12 kB\n") == nil)
        #expect(ProcessMemory(rollup: "") == nil)
    }

    @Test("this process can be read; one that is not there cannot")
    func live() throws {
        let watch = try ProcessWatch(pid: getpid())
        #expect(try watch.used() >= 0)
        #expect(try ProcessMemory.of(pid: getpid()).resident > 0)
        #expect(throws: (any Error).self) { try ProcessTime.of(pid: -1) }
        #expect(throws: (any Error).self) { try ProcessMemory.of(pid: -1) }
    }
}
