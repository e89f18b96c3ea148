import Metrics

/// The counters of one road as metrics; its loop shows them now and then, so that a look-up costs no atomic.
package struct ProfileRoadMeters {
    private let counters: [(of: KeyPath<ProfileRoadCounters, UInt64>, meter: Counter)]
    private let cached: Gauge
    private let cachedBytes: Gauge
    private let inProgress: Gauge
    /// Of the whole process: the first loop shows them.
    private let asked: (inFlight: Gauge, waiting: Gauge)?
    private var shown = ProfileRoadCounters()

    /// - Parameter loop: the index of the road's loop, for the gauges.
    package init(loop: Int) {
        func counter(_ name: String, _ result: String? = nil) -> Counter {
            Counter(label: name, dimensions: result.map { [("result", $0)] } ?? [])
        }
        counters = [
            (\.cacheHits, counter("profile_cache_hits_total")),
            (\.storeHits, counter("profile_store_people_total", "hit")),
            (\.storeMisses, counter("profile_store_people_total", "miss")),
            (\.storeOtherVersions, counter("profile_store_people_total", "version")),
            (\.storeDamaged, counter("profile_store_people_total", "damaged")),
            (\.storeFailures, counter("profile_store_people_total", "failed")),
            (\.storeReads, counter("profile_store_reads_total")),
            (\.storeWrites, counter("profile_store_writes_total")),
            (\.storeWriteFailures, counter("profile_store_write_failures_total")),
            (\.storeConflicts, counter("profile_store_conflicts_total")),
            (\.roleQuestions, counter("profile_role_questions_total")),
            (\.roleAnswers, counter("profile_role_results_total", "answered")),
            (\.roleFailures, counter("profile_role_results_total", "failed")),
            (\.roleMalformed, counter("profile_role_results_total", "malformed")),
            (\.roleRefused, counter("profile_role_results_total", "not_asked")),
            (\.roleJoined, counter("profile_role_results_total", "joined")),
            (\.degradedAnswers, counter("profile_degraded_answers_total")),
        ]
        cached = Gauge(label: "profile_cache_people", dimensions: [("loop", "\(loop)")])
        cachedBytes = Gauge(label: "profile_cache_bytes", dimensions: [("loop", "\(loop)")])
        inProgress = Gauge(label: "profile_people_in_progress", dimensions: [("loop", "\(loop)")])
        asked =
            loop == 0
            ? (
                Gauge(label: "profile_role_in_flight", dimensions: []),
                Gauge(label: "profile_role_waiting", dimensions: [])
            ) : nil
    }

    /// Adds what the road has counted since the last time; on its loop.
    package mutating func show(_ road: ProfileRoad) {
        let now = road.counters
        for (path, meter) in counters where now[keyPath: path] > shown[keyPath: path] {
            meter.increment(by: Int(now[keyPath: path] - shown[keyPath: path]))
        }
        shown = now
        cached.record(road.cachedPeople)
        cachedBytes.record(road.cachedBytes)
        inProgress.record(road.inProgress)
        guard let asked else { return }
        let load = road.exchange.load
        asked.inFlight.record(load.inFlight)
        asked.waiting.record(load.waiting)
    }
}
