import Bench
import Foundation
import Stack

/// nginx as one process, bound to the server's core: just what its one worker would be, and with it nothing
/// that could outlive us.
final class Nginx {
    let process: ChildProcess
    let port: Int

    /// - Parameters:
    ///   - main: directives outside of `http`, such as `load_module`.
    ///   - http: directives within it.
    ///   - location: of the one location `/v1/gifts`.
    init(_ stage: Stage, main: String = "", http: String, location: String) throws {
        let name = stage.childName("nginx")
        let directory = try stage.run.directory(name)
        port = try FreePort.pick()
        let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map {
            "\($0)_temp_path \(directory)/\($0);"
        }
        let text = """
            daemon off;
            master_process off;
            pid \(directory)/pid;
            error_log \(directory)/error.log warn;
            worker_rlimit_nofile 16384;
            \(main)
            events { worker_connections 4096; use epoll; }
            http {
                \(paths.joined(separator: " "))
                access_log off;
                server_tokens off;
                default_type application/json;
                tcp_nodelay on;
                keepalive_timeout 3600s;
                keepalive_requests 1000000000;
                \(http)
                server {
                    listen 127.0.0.1:\(port) backlog=1024;
                    location = /v1/gifts {
                        \(location)
                    }
                }
            }

            """
        let file = "\(directory)/nginx.conf"
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        process = try stage.server.start(
            name: name, executable: try ServiceProgram.locateInPath("nginx"),
            arguments: ["-p", directory, "-c", file, "-e", "\(directory)/error.log"], in: stage.run)
        try Readiness(of: process, within: .seconds(20)).port(port)
    }

    func stop() {
        process.terminate(grace: .seconds(5))
    }

    // MARK: - A static file

    /// Ways to send a file from memory that nginx is known for; which is best depends on the file's size.
    enum Sending: String, CaseIterable {
        case sendfileCorked = "sendfile, tcp_nopush"
        case sendfile
        case buffers = "read into buffers"

        var directives: String {
            switch self {
            case .sendfileCorked: "sendfile on; tcp_nopush on;"
            case .sendfile: "sendfile on; tcp_nopush off;"
            case .buffers: "sendfile off; output_buffers 1 512k;"
            }
        }
    }

    /// Serves a file of so many bytes for `/v1/gifts`.
    static func serving(bytes: Int, _ sending: Sending, _ stage: Stage) throws -> Nginx {
        let path = "\(stage.run.path)/list-\(bytes).json"
        let content = Data(repeating: UInt8(ascii: "a"), count: bytes)
        try content.write(to: URL(fileURLWithPath: path))
        return try Nginx(
            stage,
            http: """
                \(sending.directives)
                open_file_cache max=16 inactive=24h; open_file_cache_valid 24h; open_file_cache_min_uses 1;
                """,
            // No header fields that Recommend does not send either.
            location: """
                alias \(path); etag off; max_ranges 0;
                add_header last-modified ""; add_header cache-control no-store;
                """)
    }

    /// The same, sent in whichever way takes the least processor time here: each is tried for a moment.
    static func fastest(bytes: Int, requests: RequestFile, _ stage: Stage) throws -> (Nginx, Sending) {
        var best: (sending: Sending, cost: Double) = (.sendfileCorked, .infinity)
        for sending in Sending.allCases {
            let nginx = try serving(bytes: bytes, sending, stage)
            defer { nginx.stop() }
            let run = try Wrk(stage).run(requests, port: nginx.port, server: nginx.process.pid, seconds: 2)
            stage.say("  nginx, \(sending.rawValue): \(run.text)")
            if run.cost < best.cost { best = (sending, run.cost) }
        }
        return (try serving(bytes: bytes, best.sending, stage), best.sending)
    }
}
