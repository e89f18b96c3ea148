import Catalog
import HTTPServer
import Kafka
import Metrics
import Operators
import OrderLog
import OrderStore
import Orders
import Redis
import ServiceShell
import Telemetry
import Wire

/// Runs on the Reconciler's admin port.
enum RunRoutes {
    private static let newest = "last"

    static func add(to routes: AdminRoutes, _ desk: RunDesk) {
        routes.add(.post, "/v1/admin/runs") { call in
            do throws(OperatorProblem) {
                let id = try await begin(desk, by: call.caller, reason: try OperatorReason.parse(call.body))
                count("run", "done")
                return .json(
                    document { json in
                        json.member("run", "\(id)")
                        json.member("state", "running")
                    }, status: 202, headers: [("location", "/v1/admin/runs/\(id)")])
            } catch {
                count("run", error.slug)
                return error.response
            }
        }
        routes.add(.get, "/v1/admin/runs") { _ in .json(try await list(desk)) }
        routes.add(.get, "/v1/admin/runs/{id}") { call in
            let name = call["id"]
            let id = name == newest ? try await desk.list(most: 1).first?.id : RunID(text: name)
            guard let id else { return OperatorProblem.noSuchRun.response }
            if let report = try await desk.report(id) { return .json(report) }
            if let running = await desk.running, running.id == id {
                return .json(document { write(running, &$0) })
            }
            if let failure = await desk.failures.last(where: { $0.id == id }) {
                return .json(document { write(failure, &$0) })
            }
            return OperatorProblem.noSuchRun.response
        }
    }

    /// The lease → `.control` → the run, which goes on by itself.
    private static func begin(
        _ desk: RunDesk, by name: String, reason: String
    ) async throws(OperatorProblem) -> RunID {
        let cause = RunCause(by: name, reason: reason)
        let turn: RunTurn
        do {
            turn = try await desk.begin(cause)
        } catch {
            throw .storeAway("\(error)")
        }
        guard case .begun(let tenure) = turn else { throw .runUnderWay }
        let id = RunID(tenure)
        do {
            try await write(
                .run(run: "\(id)", by: name, reason: reason, atMs: SystemClock.nowMs), desk.stores)
        } catch {
            await desk.abandon(tenure)
            throw .notWritten("\(error)")
        }
        Task { await desk.perform(tenure, cause) }
        return id
    }

    private static func write(_ record: ControlRecord, _ stores: CampaignStores) async throws {
        let append = try AcknowledgedAppend(
            options: try stores.settings.kafka.options(), loop: stores.store.redis.loop, logger: stores.logger
        )
        let outgoing = OutgoingRecord(
            topic: Topics(campaign: stores.catalog.campaign.id).control, key: Array("run".utf8),
            value: record.encode())
        do throws(KafkaFailure) {
            try await append.append([outgoing])
        } catch {
            await append.close()
            throw error
        }
        await append.close()
    }

    // MARK: - Answers

    /// Who runs now, the runs that have a report, and those of this process that failed; newest first.
    private static func list(_ desk: RunDesk) async throws -> [UInt8] {
        let runs = try await desk.list()
        let running = await desk.running
        let failures = await desk.failures
        // Without Redis the list is still worth having.
        let look = try? await desk.stores.store.lookRun()
        let epoch = desk.stores.store.epoch
        return document { json in
            json.key("running")
            if let running {
                json.object { write(running, &$0) }
            } else if let look, let owner = look.owner {
                json.object { json in
                    json.member("run", "\(RunID(epoch: epoch, number: look.number))")
                    json.member("state", "running")
                    json.key("owner")
                    json.string(utf8: Hex.encode(owner))
                    json.member("lease_left_ms", look.leftMs)
                }
            } else {
                json.null()
            }
            json.key("runs")
            json.beginArray()
            for run in runs { run.write(&json) }
            json.endArray()
            json.objects("failed", failures.reversed()) { json, failure in write(failure, &json) }
        }
    }

    private static func document(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var json = JSONWriter(reserving: 1 << 10)
        json.object(body)
        return json.bytes
    }

    private static func write(_ running: RunDesk.Running, _ json: inout JSONWriter) {
        json.member("run", "\(running.id)")
        json.member("state", "running")
        write(running.cause, &json)
        json.member("begun_at", running.begunAtMs)
    }

    private static func write(_ failure: RunDesk.Failure, _ json: inout JSONWriter) {
        json.member("run", failure.id?.description)
        json.member("state", "failed")
        write(failure.cause, &json)
        json.member("at", failure.atMs)
        json.member("why", failure.why)
    }

    private static func write(_ cause: RunCause, _ json: inout JSONWriter) {
        json.member("by", cause.by)
        json.member("reason", cause.reason)
    }

    private static func count(_ act: String, _ result: String) {
        Counter(
            label: "hongbao_reconciler_operator_acts_total", dimensions: [("act", act), ("result", result)]
        ).increment()
    }
}

extension OperatorProblem {
    static let noSuchRun = OperatorProblem(
        status: 404, slug: "no-such-run", title: "There is no such run", field: "id")
    static let runUnderWay = OperatorProblem(
        status: 409, slug: "run-under-way", title: "A run is under way already",
        detail: "one at a time over all processes: GET /v1/admin/runs tells which", retryAfterS: 5)
}
