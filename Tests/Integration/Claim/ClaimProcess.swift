import Foundation
import Stack
import Synchronization
import Wire

/// One `claim serve` of a house, in as many lives as a test gives it.
final class ClaimProcess: Sendable {
    let name: String
    private let run: RunDirectory
    private let rolesPort: Int
    private let process = Mutex<ChildProcess?>(nil)
    private let ports = Mutex((http: 0, admin: 0))

    /// - Parameter settings: without the ports file, which is the process's own.
    init(_ name: String, settings: String, in run: RunDirectory, rolesPort: Int) throws {
        self.name = name
        self.run = run
        self.rolesPort = rolesPort
        let text = "ports_file: \(run.path)/\(name).ports.json\n" + settings
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(run.path)/\(name).yaml"))
    }

    private var portsFile: String { "\(run.path)/\(name).ports.json" }
    var port: Int { ports.withLock { $0.http } }
    var adminPort: Int { ports.withLock { $0.admin } }
    /// What it wrote last.
    var log: String { process.withLock { $0 }?.logTail(lines: 40) ?? "" }

    /// Starts it and waits until its ports are known; `untilReady`: until it takes claims.
    ///
    /// - Parameter adminPort: nil: any free one.
    func start(untilReady: Bool = true, adminPort: Int? = nil) throws {
        try? FileManager.default.removeItem(atPath: portsFile)
        var environment = ["HONGBAO_ROLES_PORT": "\(rolesPort)"]
        if let adminPort { environment["HONGBAO_ADMIN_PORT"] = "\(adminPort)" }
        let process = try ChildProcess(
            name: name, executable: try ServiceProgram.locate("claim"),
            arguments: ["serve", "--config", "\(run.path)/\(name).yaml"],
            environment: environment, in: run)
        self.process.withLock { $0 = process }
        let file = try Readiness(of: process, within: .seconds(60)).file(portsFile)
        guard case .object(let ports) = try JSON.parse(file, limits: .request),
            case .integer(let http) = ports["http"], case .integer(let admin) = ports["admin"]
        else { throw StackFailure("the ports file holds no ports") }
        self.ports.withLock { $0 = (Int(http), Int(admin)) }
        if untilReady { try awaitReady() }
    }

    func awaitReady() throws {
        let process = process.withLock { $0 }
        try Readiness(of: process, within: .seconds(60)).http(port: adminPort, "/readyz")
    }

    /// Whether it says that it takes claims, and what it says.
    func readiness() throws -> LoopbackHTTP.Response {
        try LoopbackHTTP.get(port: adminPort, "/readyz")
    }

    /// Kills it as a power cut would.
    func kill() { process.withLock { $0.take() }?.kill() }

    /// SIGSTOP, and on again.
    func pause() { process.withLock { $0 }?.pause() }
    func resume() { process.withLock { $0 }?.resume() }

    /// SIGTERM; how it ended.
    func terminate() -> ChildProcess.Exit? { process.withLock { $0.take() }?.terminate(grace: .seconds(30)) }

    /// The status document of the admin port.
    func status() throws -> LoopbackHTTP.Response {
        try LoopbackHTTP.get(
            port: adminPort, "/v1/admin/status",
            headers: ["x-api-key": ClaimHouse.operatorKey])
    }

    func metrics() throws -> String {
        try LoopbackHTTP.get(port: adminPort, "/metrics").text
    }

    /// A number of each loop's status.
    func numbers(_ name: String) throws -> [Int64] {
        guard case .object(let root) = try JSON.parse(try status().body, limits: .record),
            case .array(let loops) = root["loops"]
        else { return [] }
        return loops.compactMap { loop in
            guard case .object(let loop) = loop, case .integer(let value) = loop[name] else { return nil }
            return value
        }
    }

    /// A number of the first loop's status.
    func number(_ name: String) throws -> Int64? { try numbers(name).first }
}
