import Foundation
import Stack

/// A private nginx on 127.0.0.1 that hands every request it accepts to a server of ours, so that what
/// arrives there is what nginx has understood.
struct NginxServer: ~Copyable {
    let port: Int
    private let process: ChildProcess

    /// - Parameters:
    ///   - upstream: the port of that server.
    ///   - run: where its configuration, its log and its temporary files go.
    init(upstream: Int, in run: RunDirectory) throws(StackFailure) {
        let program = try ServiceProgram.locateInPath("nginx")
        var attemptsLeft = 5
        while true {
            let port = try FreePort.pick()
            attemptsLeft -= 1
            do throws(StackFailure) {
                process = try Self.launch(program, port: port, upstream: upstream, in: run)
                self.port = port
                return
            } catch  where attemptsLeft > 0 && error.message.contains("Address already in use") {
                continue
            }
        }
    }

    deinit {
        process.kill()
    }

    private static func launch(
        _ program: String, port: Int, upstream: Int, in run: RunDirectory
    ) throws(StackFailure) -> ChildProcess {
        let path = "\(run.path)/nginx.conf"
        do {
            try configuration(port: port, upstream: upstream, directory: run.path)
                .write(toFile: path, atomically: true, encoding: .utf8)
        } catch {
            throw StackFailure("cannot write \(path): \(error)")
        }
        let process = try ChildProcess(
            name: "nginx", executable: program,
            arguments: ["-p", run.path, "-c", path, "-e", "stderr"], in: run)
        try Readiness(of: process, within: .seconds(20)).port(port)
        return process
    }

    /// As nginx comes, but for limits like ours, for telling its own refusals from those of the upstream
    /// (only the latter bear `x-upstream`), and for clients that shut their side once they have spoken.
    private static func configuration(port: Int, upstream: Int, directory: String) -> String {
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(directory)/nginx-\($0);" }.joined(separator: "\n    ")
        return """
            daemon off;
            master_process off;
            pid \(directory)/nginx.pid;
            error_log stderr error;
            events { worker_connections 64; }
            http {
                access_log off;
                \(temporary)
                client_max_body_size 65536;
                client_body_buffer_size 128k;
                large_client_header_buffers 4 16k;
                keepalive_requests 100000;
                server {
                    listen 127.0.0.1:\(port);
                    location / {
                        proxy_pass http://127.0.0.1:\(upstream);
                        proxy_http_version 1.1;
                        proxy_set_header Connection "";
                        proxy_next_upstream off;
                        proxy_ignore_client_abort on;
                        add_header x-upstream $upstream_status always;
                    }
                }
            }

            """
    }
}
