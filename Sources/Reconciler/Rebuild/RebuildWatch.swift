import Logging
import Metrics
import OrderStore
import ServiceShell
import Telemetry

/// Looks again and again whether something has to be rebuilt, and begins it where that is allowed.
///
/// Redis is asked at every look; Kafka, which forgets nothing by itself, at every so many. A rebuild that
/// failed is begun again after a pause, since each takes an epoch and there are 65,535 of them.
final class RebuildWatch: Sendable {
    private static let pause: Duration = .seconds(1)
    private static let pauseAfterFailure: Duration = .seconds(5)
    /// Kafka is asked at every such look.
    private static let kafkaEvery = 5

    private let rebuild: Rebuild
    private let isAutomatic: Bool
    private let check: ReadinessCheck
    private let logger: Logger
    private let rebuilds = Counter(label: "hongbao_reconciler_rebuilds_total")
    private let failures = Counter(label: "hongbao_reconciler_failed_rebuilds_total")
    private let needed = Gauge(label: "hongbao_reconciler_rebuild_needed")

    init(_ rebuild: Rebuild, isAutomatic: Bool, _ check: ReadinessCheck, logger: Logger) {
        self.rebuild = rebuild
        self.isAutomatic = isAutomatic
        self.check = check
        self.logger = logger
        needed.record(0)
    }

    /// Until it is cancelled.
    func run() async {
        let clock = ContinuousClock()
        var looks = 0
        var told: RebuildNeed?
        while !Task.isCancelled {
            var pause = Self.pause
            do {
                let need = try await rebuild.need(askingKafka: looks % Self.kafkaEvery == 0)
                looks += 1
                tell(need, &told)
                if isAutomatic, try await act(need) {
                    looks = 0
                    told = nil
                    continue
                }
            } catch {
                if !Task.isCancelled {
                    check.set(false, "the last look failed: \(error)")
                    logger.warning("rebuild: the look failed", metadata: ["reason": "\(error)"])
                }
                looks = 0
                pause = Self.pauseAfterFailure
            }
            try? await clock.sleep(for: pause)
        }
    }

    private func tell(_ need: RebuildNeed, _ told: inout RebuildNeed?) {
        switch need {
        case .nothing, .opening:
            needed.record(0)
            check.set(true, "nothing has to be rebuilt")
        case .redis(let cause): complain(need, cause, &told)
        case .kafka: complain(need, "kafka has lost the campaign", &told)
        }
    }

    private func complain(_ need: RebuildNeed, _ cause: String, _ told: inout RebuildNeed?) {
        needed.record(1)
        check.set(false, "a rebuild is needed: \(cause)")
        guard told != need else { return }
        told = need
        logger.critical(
            "a rebuild is needed", metadata: ["cause": "\(cause)", "automatic": "\(isAutomatic)"])
    }

    /// Whether something was rebuilt.
    private func act(_ need: RebuildNeed) async throws -> Bool {
        do {
            switch need {
            case .nothing, .opening: return false
            case .redis(let cause): _ = try await rebuild.redis(cause: cause)
            case .kafka(let epoch): _ = try await rebuild.kafka(epoch: epoch)
            }
            rebuilds.increment()
            return true
        } catch {
            failures.increment()
            throw error
        }
    }
}
