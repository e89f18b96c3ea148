import Glibc
import HTTPClient
import NIOCore
import NIOPosix
import Telemetry
import Wire

/// A crowd from its settings to its notes: drawn, known to the nightly batch, let loose, counted.
struct Crowd: Sendable {
    let settings: CrowdSettings
    let world: RoleWorld
    let people: [Person]

    init(_ settings: CrowdSettings) throws(CrowdPlan.Shortage) {
        self.settings = settings
        world = RoleWorld(seed: settings.worldSeed, catalog: settings.catalog)
        people = try settings.plan.draw(world, nowMs: SystemClock.nowMs)
    }

    /// Writes the profiles of those whom the nightly batch knows; returns how many.
    func preload(on loop: any EventLoop) async throws -> Int {
        let known = people.filter(\.isPreloaded).map(\.user)
        try await NightlyBatch.write(
            known, of: world, redis: settings.redis, loop: loop, nowS: UInt32(SystemClock.nowMs / 1000))
        return known.count
    }

    /// Where the crowd's tickets and coupons come from.
    func desk() throws -> IssuingDesk {
        try IssuingDesk(
            keys: settings.ticketKeys, coupons: settings.coupons, audience: settings.audience,
            nowS: SystemClock.nowMs / 1000)
    }

    /// The run, made but not begun, so that its progress can be watched.
    func prepare(on loop: any EventLoop) throws -> CrowdRun {
        try CrowdRun(
            people: people, world: world, desk: desk(),
            notes: AcceptanceNotes(path: "\(settings.notes)/accepted.ndjson"), options: settings.options,
            loop: loop)
    }

    /// Everybody claims. Returns when all have their final answer, with the funnel in `funnel.json`.
    func run(_ run: CrowdRun) async throws -> CrowdRun.Result {
        let most = settings.options.inFlight
        let client = HTTPClient(
            options: HTTPClientOptions(maxConnections: most * 2, perHost: most, name: "people")
        ) { run.completed($0) }
        defer { client.close(deadlineMs: 1000) }
        let result = try await run.run(client)
        var json = JSONWriter(reserving: 2048)
        result.funnel.write(into: &json)
        try NotesFile.write(json.bytes + [UInt8(ascii: "\n")], to: "\(settings.notes)/funnel.json")
        return result
    }
}
