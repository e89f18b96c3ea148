import NIOCore
import NIOEmbedded
import ServiceShell
import Synchronization
import Testing

@Suite("Files of a process")
struct FileWatchTests {
    @Test("a change of content is told once; a rewrite, an absence and an empty moment are no change")
    func changes() throws {
        try TemporaryFolder.use { folder in
            let loop = EmbeddedEventLoop()
            let seen = Mutex<[String]>([])
            folder.write("bootstrap", "a:1")
            let watch = FileWatch(path: folder.path("bootstrap"), loop: loop) { bytes in
                seen.withLock { $0.append(String(decoding: bytes, as: UTF8.self)) }
            }
            watch.start()
            loop.advanceTime(by: .seconds(2))
            folder.remove("bootstrap")
            loop.advanceTime(by: .seconds(2))
            folder.write("bootstrap", "a:1")
            loop.advanceTime(by: .seconds(2))
            folder.write("bootstrap", "")
            loop.advanceTime(by: .seconds(2))
            #expect(seen.withLock { $0 }.isEmpty)
            folder.write("bootstrap", "b:22")
            loop.advanceTime(by: .seconds(5))
            #expect(seen.withLock { $0 } == ["b:22"])
            watch.stop()
            loop.run()
            folder.write("bootstrap", "c:333")
            loop.advanceTime(by: .seconds(5))
            #expect(seen.withLock { $0 }.count == 1)
        }
    }

    @Test("the ports file comes when all ports are known, replacing an old one")
    func ports() throws {
        try TemporaryFolder.use { folder in
            folder.write("ports.json", "old")
            let ports = PortsFile(path: folder.path("ports.json"))
            #expect(folder.read("ports.json") == nil)
            ports.expect("admin")
            ports.expect("http")
            try ports.report("http", 40_002)
            #expect(folder.read("ports.json") == nil)
            try ports.report("admin", 40_001)
            #expect(folder.read("ports.json") == "{\"admin\":40001,\"http\":40002}\n")
        }
    }
}
