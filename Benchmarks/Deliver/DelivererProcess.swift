import Bench
import Foundation
import Glibc
import Stack
import Wire

/// One `deliverer serve`.
final class DelivererProcess {
    let process: ChildProcess
    /// Unix seconds.
    let startedAt: Double
    private let portsFile: String

    init(_ stage: DeliverStage, _ house: DeliverHouse, cores: [Core]) throws {
        let name = stage.childName("deliverer")
        let settings = "\(stage.run.path)/\(name).yaml"
        portsFile = "\(stage.run.path)/\(name).ports.json"
        let text = """
            campaign: \(house.campaign.directory)
            ports_file: \(portsFile)
            loops: 1
            admin: {host: 127.0.0.1, port: 0, keys_file: \(stage.operators)}
            redis: {url: "\(house.redis.url)"}
            kafka: {bootstrap: "\(house.kafka.bootstrap)"}
            games: {secrets_dir: \(house.campaign.secrets), allow_private: true}
            log: {level: info}

            """
        try text.write(toFile: settings, atomically: true, encoding: .utf8)
        let list = cores.map { "\($0.number)" }.joined(separator: ",")
        startedAt = DeliverStage.now
        process = try ChildProcess(
            name: name, executable: try ServiceProgram.locateInPath("taskset"),
            arguments: [
                "-c", list, try ServiceProgram.locate("deliverer"), "serve", "--config", settings,
            ], in: stage.run)
    }

    private func adminPort() throws -> Int {
        let file = try Readiness(of: process, within: .seconds(60)).file(portsFile)
        guard case .object(let ports) = try JSON.parse(file, limits: .request),
            case .integer(let admin)? = ports["admin"]
        else { throw StackFailure("the ports file holds no admin port") }
        return Int(admin)
    }

    /// What it says of each game: numbers of `/v1/admin/status` by game and key.
    func status() throws -> [String: [String: Double]] {
        let answer = try LoopbackHTTP.get(
            port: try adminPort(), "/v1/admin/status", headers: ["x-api-key": DeliverStage.adminKey])
        guard answer.status == 200,
            case .object(let object) = try JSON.parse(answer.body, limits: .document),
            case .array(let games)? = object["games"]
        else { throw StackFailure("the status is not understood: \(answer.status) \(answer.text)") }
        var found: [String: [String: Double]] = [:]
        for case .object(let game) in games {
            guard case .string(let id)? = game["game"] else { continue }
            for key in game.keys {
                switch game[key] {
                case .integer(let value)?: found[id, default: [:]][key] = Double(value)
                case .double(let value)?: found[id, default: [:]][key] = value
                default: break
                }
            }
        }
        return found
    }

    /// Sets a game's limit.
    ///
    /// - Returns: false where this deliverer knows no such action.
    func setLimit(game: String, perSecond: Double, burst: Int, concurrency: Int) throws -> Bool {
        let body = """
            {"perSecond": \(perSecond), "burst": \(burst), "maxConcurrency": \(concurrency), \
            "reason": "bench"}
            """
        let answer = try LoopbackHTTP.post(
            port: try adminPort(), "/v1/admin/limits/\(game)",
            headers: ["x-api-key": DeliverStage.adminKey, "content-type": "application/json"],
            body: Array(body.utf8))
        switch answer.status {
        case 200..<300: return true
        case 404, 405: return false
        default: throw StackFailure("limits: \(answer.status) \(answer.text)")
        }
    }

    /// Memory that is resident now, in bytes.
    func residentBytes() throws -> Int { try ProcessMemory.of(pid: process.pid).resident }

    /// The most that ever was (VmHWM of proc(5)).
    func peakBytes() throws -> Int {
        let text = (try? String(contentsOfFile: "/proc/\(process.pid)/status", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        guard let kibibytes = line?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw StackFailure("process \(process.pid) tells no peak")
        }
        return kibibytes * 1024
    }
}
