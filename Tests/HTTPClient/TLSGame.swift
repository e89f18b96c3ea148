import Foundation
import Stack

/// A private nginx with TLS by certificates made for it, in a folder of its own.
final class TLSGame {
    /// Answers with the version of HTTP and what it thinks of the client's certificate.
    private(set) var port = 0
    /// Likewise, for holders of a certificate by `players` only.
    private(set) var closedPort = 0
    private let run: RunDirectory
    private var process: ChildProcess?

    init() throws {
        run = try RunDirectory.claimUnique(prefix: "tls-game")
        for authority in ["games", "players", "strangers"] {
            try openssl(
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=\(authority) "
                    + "-keyout \(authority).key -out \(authority).pem")
        }
        try makeCertificate("server", by: "games")
        try makeCertificate("player", by: "players")
        try makeCertificate("stranger", by: "strangers")
        try start()
    }

    deinit { process?.kill() }

    func file(_ name: String) -> String { "\(run.path)/\(name)" }

    /// Ends it; returns the targets that it was asked for.
    func stopAndReadLog() throws -> [String] {
        // In good order: what was answered last may not stand in the log yet.
        process?.signal(SIGQUIT)
        _ = process?.waitForExit(within: .seconds(20))
        let log = try String(contentsOfFile: file("access.log"), encoding: .utf8)
        return log.split(separator: "\n").map(String.init)
    }

    /// Good for 127.0.0.1 and, as a client's, for anything.
    private func makeCertificate(_ name: String, by authority: String) throws {
        try openssl(
            "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=\(name) "
                + "-keyout \(name).key -out \(name).csr")
        try Data("subjectAltName=IP:127.0.0.1\n".utf8).write(to: URL(fileURLWithPath: file("names")))
        try openssl(
            "x509 -req -in \(name).csr -CA \(authority).pem -CAkey \(authority).key -CAcreateserial -days 2 "
                + "-extfile names -out \(name).pem")
    }

    private func openssl(_ arguments: String) throws {
        let program = try ServiceProgram.locateInPath("openssl")
        let child = try ChildProcess(
            name: "openssl", executable: program,
            arguments: arguments.split(separator: " ").map(String.init), in: run)
        guard child.waitForExit(within: .seconds(20)) == .code(0) else {
            throw StackFailure("openssl \(arguments): \(child.logTail())")
        }
    }

    /// Another may take a free port before nginx does: then it is tried again.
    private func start() throws {
        let program = try ServiceProgram.locateInPath("nginx")
        for attemptsLeft in (0..<5).reversed() {
            port = try FreePort.pick()
            closedPort = try FreePort.pick()
            try configuration().write(toFile: file("nginx.conf"), atomically: true, encoding: .utf8)
            do {
                process = try launch(program)
                return
            } catch {
                guard attemptsLeft > 0, "\(error)".contains("Address already in use") else { throw error }
            }
        }
    }

    private func launch(_ program: String) throws -> ChildProcess {
        let child = try ChildProcess(
            name: "nginx", executable: program,
            arguments: ["-p", run.path, "-c", file("nginx.conf"), "-e", "stderr"], in: run)
        try Readiness(of: child, within: .seconds(20)).port(port)
        return child
    }

    private func configuration() -> String {
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(run.path)/nginx-\($0);" }.joined(separator: "\n    ")
        return """
            daemon off;
            master_process off;
            pid \(run.path)/nginx.pid;
            error_log stderr error;
            events { worker_connections 64; }
            http {
                log_format target '$request_uri';
                access_log \(file("access.log")) target;
                keepalive_requests 3;
                lingering_close off;
                \(temporary)
                ssl_certificate \(file("server.pem"));
                ssl_certificate_key \(file("server.key"));
                ssl_client_certificate \(file("players.pem"));
                ssl_session_cache shared:s:1m;
                server {
                    listen 127.0.0.1:\(port) ssl http2;
                    ssl_verify_client optional;
                    location / { return 200 "$server_protocol $ssl_client_verify"; }
                }
                server {
                    listen 127.0.0.1:\(closedPort) ssl http2;
                    ssl_verify_client on;
                    location / { return 200 "$server_protocol $ssl_client_s_dn"; }
                }
            }

            """
    }
}
