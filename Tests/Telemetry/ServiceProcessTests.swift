import Glibc
import HTTPServer
import ServiceShell
import Testing

/// Each process is a real one: the exit code is what its supervisor acts on.
@Suite("Process life", .serialized)
struct ServiceProcessTests {
    private final class Hello: HTTPService {
        func handle(_ request: HTTPRequest, _ responder: HTTPResponder) { responder.respond(.text("hello")) }
    }

    @Test("SIGTERM: drained, exit code 0, with the ports written before")
    func cleanExit() async throws {
        try await TemporaryFolder.use { folder in
            folder.write("a.yaml", "ports_file: ports.json\nloops: 1\nlog: {level: critical}\n")
            let (settings, ports) = (folder.path("a.yaml"), folder.path("ports.json"))
            await #expect(processExitsWith: .exitCode(0)) {
                [settings = settings as String, ports = ports as String] in
                await ServiceProcess.run(name: "a", configPath: settings) { context in
                    [
                        ServicePart("sender") {
                            while access(ports, R_OK) != 0 { await Task.yield() }
                            kill(getpid(), SIGTERM)
                            await ServicePart.untilShutdown()
                        },
                        try context.httpServer { _, _ in Hello() },
                    ]
                }
            }
            let written = try #require(folder.read("ports.json"))
            #expect(written.hasPrefix("{\"admin\":"))
            #expect(written.contains("\"http\":"))
        }
    }

    @Test("a part that fails, or ends by itself: exit code 1", arguments: [true, false])
    func failingPart(_ fails: Bool) async throws {
        try await TemporaryFolder.use { folder in
            folder.write("a.yaml", "log: {level: critical}\n")
            let settings = folder.path("a.yaml")
            await #expect(processExitsWith: .exitCode(1)) {
                [settings = settings as String, fails = fails as Bool] in
                await ServiceProcess.run(name: "a", configPath: settings) { context in
                    [ServicePart("bad") { if fails { throw AdminProblem(500, "broken") } }]
                }
            }
        }
    }

    @Test("a shutdown that hangs is ended by force: exit code 1")
    func hangingPart() async throws {
        try await TemporaryFolder.use { folder in
            folder.write("a.yaml", "shutdown: {deadline: 200ms}\nlog: {level: critical}\n")
            let settings = folder.path("a.yaml")
            await #expect(processExitsWith: .exitCode(1)) { [settings = settings as String] in
                await ServiceProcess.run(name: "a", configPath: settings) { context in
                    [
                        ServicePart(
                            "stuck", start: { kill(getpid(), SIGTERM) },
                            stop: { await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in } }
                        )
                    ]
                }
            }
        }
    }

    @Test("a watched file that changes: exit code 75")
    func restart() async throws {
        try await TemporaryFolder.use { folder in
            folder.write("a.yaml", "log: {level: critical}\n")
            folder.write("bootstrap", "a:1")
            let (settings, bootstrap) = (folder.path("a.yaml"), folder.path("bootstrap"))
            await #expect(processExitsWith: .exitCode(75)) {
                [settings = settings as String, bootstrap = bootstrap as String] in
                await ServiceProcess.run(name: "a", configPath: settings) { context in
                    [
                        context.restartWhenChanged(bootstrap),
                        ServicePart("writer") {
                            let file = fopen(bootstrap, "we")!
                            fputs("b:2", file)
                            fclose(file)
                            await ServicePart.untilShutdown()
                        },
                    ]
                }
            }
        }
    }

    @Test("a setting that will not do: exit code 78", arguments: ["loops: 0\n", "unknown: 1\n", "x: [\n"])
    func badSettings(_ yaml: String) async throws {
        try await TemporaryFolder.use { folder in
            folder.write("a.yaml", yaml)
            let settings = folder.path("a.yaml")
            let result = await #expect(processExitsWith: .exitCode(78), observing: [\.standardErrorContent]) {
                [settings = settings as String] in
                await ServiceProcess.run(name: "a", configPath: settings) { _ in [] }
            }
            let said = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
            #expect(said.hasPrefix("a: \(settings)") || said.contains("HONGBAO_"))
        }
    }
}
