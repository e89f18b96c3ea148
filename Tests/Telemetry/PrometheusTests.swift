import CoreMetrics
import Telemetry
import Testing

@Suite("Prometheus text")
struct PrometheusTests {
    private func text(_ registry: PrometheusRegistry) -> String {
        String(decoding: registry.render(), as: UTF8.self)
    }

    @Test("a counter with labels, its help and type")
    func counter() {
        let registry = PrometheusRegistry()
        registry.describe("claims.total", "Claims by answer.\nAll of them, \\ and \"more\".")
        Counter(label: "claims.total", dimensions: [("state", "new"), ("game", "dragon")], factory: registry)
            .increment(by: 3)
        Counter(label: "claims.total", dimensions: [("game", "dragon"), ("state", "new")], factory: registry)
            .increment()
        Counter(label: "claims.total", dimensions: [("game", "ant")], factory: registry).increment()
        #expect(
            text(registry) == """
                # HELP claims_total Claims by answer.\\nAll of them, \\\\ and "more".
                # TYPE claims_total counter
                claims_total{game="ant"} 1
                claims_total{game="dragon",state="new"} 4

                """)
    }

    @Test("names and label names are made legal, label values escaped")
    func names() {
        let registry = PrometheusRegistry()
        Counter(label: "1a-b.c é:d", dimensions: [("le.vel:1", "a\"b\\c\nd")], factory: registry).increment()
        #expect(
            text(registry) == """
                # TYPE _1a_b_c___:d counter
                _1a_b_c___:d{le_vel_1="a\\"b\\\\c\\nd"} 1

                """)
    }

    @Test("gauges go up and down, by meters and by recorders")
    func gauges() {
        let registry = PrometheusRegistry()
        let depth = Meter(label: "depth", factory: registry)
        depth.set(5)
        depth.increment(by: 2.5)
        depth.decrement(by: 1)
        Gauge(label: "ratio", factory: registry).record(Double.infinity)
        registry.observe("seen", dimensions: [("a", "b")], help: "Seen.") { 7 }
        registry.observe("absent") { nil }
        #expect(
            text(registry) == """
                # TYPE absent gauge
                # TYPE depth gauge
                depth 6.5
                # TYPE ratio gauge
                ratio +Inf
                # HELP seen Seen.
                # TYPE seen gauge
                seen{a="b"} 7

                """)
    }

    @Test("a timer is a histogram in seconds: cumulative buckets, sum, count")
    func timer() throws {
        let registry = PrometheusRegistry()
        let timer = Timer(label: "redis.call", dimensions: [("op", "get")], factory: registry)
        timer.recordNanoseconds(100_000)
        timer.recordNanoseconds(100_001)
        timer.recordMilliseconds(3)
        timer.recordSeconds(60)
        let lines = text(registry).split(separator: "\n").map(String.init)
        #expect(lines.first == "# TYPE redis_call_seconds histogram")
        #expect(lines.contains(#"redis_call_seconds_bucket{op="get",le="0.0001"} 1"#))
        #expect(lines.contains(#"redis_call_seconds_bucket{op="get",le="0.00025"} 2"#))
        #expect(lines.contains(#"redis_call_seconds_bucket{op="get",le="0.005"} 3"#))
        #expect(lines.contains(#"redis_call_seconds_bucket{op="get",le="30"} 3"#))
        #expect(lines.contains(#"redis_call_seconds_bucket{op="get",le="+Inf"} 4"#))
        #expect(lines.contains(#"redis_call_seconds_sum{op="get"} 60.003200001"#))
        #expect(lines.last == #"redis_call_seconds_count{op="get"} 4"#)
    }

    @Test("an aggregating recorder is a histogram of sizes; a sum takes no negative amount")
    func recorderAndSum() {
        let registry = PrometheusRegistry()
        let batch = Recorder(label: "batch", aggregate: true, factory: registry)
        batch.record(1)
        batch.record(17)
        batch.record(Double.nan)
        let sum = FloatingPointCounter(label: "work", factory: registry)
        sum.increment(by: 0.25)
        sum.increment(by: -1)
        let lines = text(registry).split(separator: "\n").map(String.init)
        #expect(lines.contains(#"batch_bucket{le="1"} 1"#))
        #expect(lines.contains(#"batch_bucket{le="64"} 2"#))
        #expect(lines.contains("batch_sum 18"))
        #expect(lines.contains("work 0.25"))
    }

    @Test("one name of two kinds shows as two names, each with one type")
    func kinds() {
        let registry = PrometheusRegistry()
        Counter(label: "a", factory: registry).increment()
        Meter(label: "a", factory: registry).set(2)
        Meter(label: "a", factory: registry).set(3)
        #expect(text(registry) == "# TYPE a counter\na 1\n# TYPE a_gauge gauge\na_gauge 3\n")
    }

    @Test("a destroyed metric is shown no more")
    func destroyed() {
        let registry = PrometheusRegistry()
        let counter = Counter(label: "a", factory: registry)
        counter.increment()
        counter.destroy()
        #expect(text(registry).isEmpty)
    }

    @Test("series beyond the maximum cost no memory and are told of")
    func maximum() {
        let registry = PrometheusRegistry()
        for index in 0..<PrometheusRegistry.maxSeries + 5 {
            Counter(label: "a", dimensions: [("i", "\(index)")], factory: registry).increment()
        }
        let lines = text(registry).split(separator: "\n")
        #expect(lines.count == 1 + PrometheusRegistry.maxSeries + 3)
        #expect(lines.last == "telemetry_series_dropped 5")
    }

    @Test("nothing is lost when many threads record")
    func concurrency() async {
        let registry = PrometheusRegistry()
        await withTaskGroup(of: Void.self) { tasks in
            for _ in 0..<8 {
                tasks.addTask {
                    let counter = Counter(label: "count", factory: registry)
                    let sum = FloatingPointCounter(label: "sum", factory: registry)
                    let meter = Meter(label: "meter", factory: registry)
                    let timer = Timer(label: "time", factory: registry)
                    for _ in 0..<5_000 {
                        counter.increment()
                        sum.increment(by: 0.5)
                        meter.increment(by: 1)
                        timer.recordNanoseconds(1_000_000)
                    }
                }
            }
        }
        let lines = text(registry).split(separator: "\n").map(String.init)
        #expect(lines.contains("count 40000"))
        #expect(lines.contains("sum 20000"))
        #expect(lines.contains("meter 40000"))
        #expect(lines.contains("time_seconds_count 40000"))
        #expect(lines.contains("time_seconds_sum 40"))
    }

    @Test("the process shows itself")
    func process() {
        let registry = PrometheusRegistry()
        registry.observeProcess()
        let shown = text(registry)
        for name in [
            "process_start_time_seconds", "process_cpu_seconds_total", "process_resident_memory_bytes",
            "process_open_fds",
        ] {
            let sample = shown.split(separator: "\n").first { $0.hasPrefix(name + " ") }
            #expect(sample.flatMap { Double($0.dropFirst(name.count + 1)) } ?? 0 > 0)
        }
    }
}
