import Foundation
import Glibc
import Testing

@testable import Stack

@Suite("Stack: servers")
struct StackServerTests {
    @Test("free ports can be bound")
    func freePorts() throws {
        let ports = try (0..<20).map { _ in try FreePort.pick() }
        #expect(ports.allSatisfy { (1024...65_535).contains($0) })
    }

    @Test("waiting for a file, and not longer than the program lives or the limit")
    func readiness() throws {
        try withRun { run in
            let writer = try startShell(
                "echo -n 127.0.0.1:9 > tmp; mv tmp bootstrap; exec sleep 600", in: run)
            let content = try Readiness(of: writer, within: .seconds(30)).file("\(run.path)/bootstrap")
            #expect(String(decoding: content, as: UTF8.self) == "127.0.0.1:9")
            let limit = #expect(throws: StackFailure.self) {
                try Readiness(of: writer, within: .milliseconds(10)).file("\(run.path)/none")
            }
            #expect(limit?.message.contains("gave up") == true)
            let broken = try startShell("echo it is broken; exit 1", name: "broken", in: run)
            let failure = #expect(throws: StackFailure.self) {
                try Readiness(of: broken, within: .seconds(600)).port(1)
            }
            #expect(failure?.message.contains("it is broken") == true)
        }
    }

    @Test("programs are found where they are said to be, and nowhere else then")
    func programs() throws {
        try withRun { run in
            let path = "\(run.path)/tool"
            try Data("#!/bin/sh\n".utf8).write(to: URL(fileURLWithPath: path))
            #expect(throws: StackFailure.self) {
                try ServiceProgram.locate("tool", environment: [:], beside: run.path)
            }
            chmod(path, 0o755)
            #expect(try ServiceProgram.locate("tool", environment: [:], beside: run.path) == path)
            #expect(
                try ServiceProgram.locate("tool", environment: ["HONGBAO_BIN_DIR": run.path], beside: nil)
                    == path)
            #expect(throws: StackFailure.self) {
                try ServiceProgram.locate(
                    "tool", environment: ["HONGBAO_BIN_DIR": "/nonexistent"], beside: run.path)
            }
            #expect(try ServiceProgram.locateInPath("redis-server").hasSuffix("/redis-server"))
        }
    }

    @Test("the local broker is ready when its files are there, and moves at a restart")
    func localKafka() throws {
        try withRun { run in
            // A stand-in with the broker's command line: its start number is its port.
            let script = """
                #!/bin/sh
                echo "$@" >> calls
                echo '{"admin": '$((7000 + $(wc -l < calls)))'}' > $3/new; mv $3/new $3/ports.json
                echo 127.0.0.1:$((9000 + $(wc -l < calls))) > $3/new; mv $3/new $3/bootstrap
                exec sleep 600
                """
            let program = "\(run.path)/local-kafka"
            try Data(script.utf8).write(to: URL(fileURLWithPath: program))
            chmod(program, 0o755)
            let server = try LocalKafkaServer(
                in: run, topics: .list([("a", 3), ("b.c", 1)]), program: program)
            #expect(server.ports == LocalKafkaServer.Ports(bootstrap: "127.0.0.1:9001", admin: 7001))
            let first = server.process
            try server.restart()
            #expect(first.exit == .signal(SIGKILL))
            #expect(server.bootstrap == "127.0.0.1:9002" && server.adminPort == 7002)
            let calls = try String(contentsOfFile: "\(run.path)/calls", encoding: .utf8)
            let call = "serve --state \(server.stateDirectory) --topic a:3 --topic b.c:1\n"
            #expect(calls == call + call)
        }
    }

    @Test("redis-server: kept or lost data, and going back to a snapshot")
    func redis() throws {
        try withRun { run in
            let server = try RedisServer(in: run)
            #expect(try ask(server, "CONFIG SET appendfsync always") == "+OK")
            #expect(try ask(server, "SET a 1") == "+OK")
            let snapshot = try server.snapshot()
            #expect(try ask(server, "SET b 1") == "+OK")
            try server.restart(keepingData: true)
            #expect(try ask(server, "DBSIZE") == ":2")
            try server.restart(from: snapshot)
            #expect(try ask(server, "EXISTS a b") == ":1")
            try server.restart(keepingData: false)
            #expect(try ask(server, "DBSIZE") == ":0")
            server.stop()
            #expect(server.process.exit == .code(0))
            let pid = server.process.pid
            #expect(run.recorded().contains { $0.pid == pid })
        }
    }

    private func ask(_ server: RedisServer, _ command: String) throws -> String {
        let socket = try LoopbackSocket(port: server.port, deadline: Deadline(after: .seconds(30)))
        try socket.write(Array("\(command)\r\n".utf8))
        return String(decoding: try socket.read(), as: UTF8.self).trimmingCharacters(in: .newlines)
    }
}
