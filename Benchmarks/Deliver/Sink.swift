import Bench
import Foundation
import Stack

/// Ten games played by nginx, one process: each has a port of its own, takes every delivery and logs it. Two
/// more ports err and throttle.
///
/// It runs on the client's core. Its log is judged by `pace.py`; nothing of ours looks at a request.
final class Sink {
    static let games = 10

    let process: ChildProcess
    let log: String
    let gamePorts: [Int]
    /// Answers 500.
    let erringPort: Int
    /// Answers 429 with a Retry-After of 2 s.
    let throttlingPort: Int
    private let statusPort: Int

    init(_ stage: DeliverStage) throws {
        let name = stage.childName("sink")
        let directory = try stage.run.directory(name)
        var ports: Set<Int> = []
        while ports.count < Self.games + 3 { ports.insert(try FreePort.pick()) }
        let all = Array(ports)
        gamePorts = Array(all[..<Self.games])
        (erringPort, throttlingPort, statusPort) = (all[Self.games], all[Self.games + 1], all[Self.games + 2])
        log = "\(directory)/access.log"
        let granting = gamePorts.map { Self.server($0, "return 200 '{}';") }
        let servers =
            granting + [
                Self.server(erringPort, "return 500 '{}';"),
                Self.server(throttlingPort, "add_header Retry-After 2 always; return 429 '{}';"),
                Self.server(statusPort, "access_log off; stub_status;"),
            ]
        let file = "\(directory)/nginx.conf"
        try Self.text(directory, log, servers).write(toFile: file, atomically: true, encoding: .utf8)
        process = try stage.client.start(
            name: name, executable: try ServiceProgram.locateInPath("nginx"),
            arguments: ["-p", directory, "-c", file, "-e", "\(directory)/error.log"], in: stage.run)
        let ready = Readiness(of: process, within: .seconds(20))
        for port in gamePorts + [erringPort, throttlingPort, statusPort] { try ready.port(port) }
    }

    private static func server(_ port: Int, _ location: String) -> String {
        "server { listen 127.0.0.1:\(port) backlog=1024; location / { \(location) } }"
    }

    private static func text(_ directory: String, _ log: String, _ servers: [String]) -> String {
        let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map {
            "\($0)_temp_path \(directory)/\($0);"
        }
        return """
            daemon off;
            master_process off;
            pid \(directory)/pid;
            error_log \(directory)/error.log warn;
            worker_rlimit_nofile 16384;
            events { worker_connections 8192; use epoll; }
            http {
                \(paths.joined(separator: " "))
                log_format sink
                    '$msec\\t$uri\\t$http_webhook_id\\t$status\\t$request_time\\t$request_length';
                access_log \(log) sink buffer=256k flush=1s;
                server_tokens off;
                default_type application/json;
                tcp_nodelay on;
                keepalive_timeout 3600s;
                keepalive_requests 1000000000;
                \(servers.joined(separator: "\n    "))
            }

            """
    }

    /// Requests that it has taken so far, and connections that are open to it.
    func counts() throws -> (requests: Int, connections: Int) {
        let text = try LoopbackHTTP.get(port: statusPort, "/").text
        // Active connections: N / server accepts handled requests / A H R / …
        let numbers = text.split { !$0.isNumber }.compactMap { Int($0) }
        guard numbers.count >= 4 else { throw StackFailure("nginx's status is not understood: \(text)") }
        // Each look is a connection and a request itself; the first is not worth correcting for.
        return (numbers[3], numbers[0] - 1)
    }

    /// All that was logged so far stands in the file after this.
    func settleLog() { DeliverStage.pass(seconds: 1.5) }

    func stop() { process.terminate(grace: .seconds(5)) }
}
