// swift-tools-version: 6.2
import PackageDescription

// One settings array for every target of ours: Swift 6 mode comes with the tools version; a warning
// is an error, so that none is ever left standing.
let settings: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

// MARK: - Third-party products, each with its reason

/// Event loops, sockets, byte buffers: what every server and the Redis client run on.
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
/// A second reading of HTTP/1.1 for the simulated games, apart from the server's own.
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
/// TLS on the ports, with BoringSSL: only with the trait, since it takes minutes to build.
let nioTLS: [Target.Dependency] = [
    .product(name: "NIOSSL", package: "swift-nio-ssl", condition: .when(traits: ["TLS"])),
    .product(name: "NIOTLS", package: "swift-nio", condition: .when(traits: ["TLS"])),
]
/// Lock-free single words (counters, credits) that cross threads.
let atomics = Target.Dependency.product(name: "Atomics", package: "swift-atomics")
/// Command lines: `--help` that explains, usage errors with exit code 64.
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
/// The logging and metrics front ends that libraries share.
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
/// The configuration files are YAML.
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
/// SIGTERM, ordered shut-down, and a process that ends when one of its services does.
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
/// Latency percentiles with bounded error and memory.
let histogram = Target.Dependency.product(name: "Histogram", package: "hdrhistogram-swift")

// MARK: - Ours, by layer

func system(_ name: String, pkgConfig: String?, apt: String? = nil) -> Target {
    .systemLibrary(
        name: name, path: "Sources/System/\(name)", pkgConfig: pkgConfig,
        providers: apt.map { [.apt([$0])] })
}

func module(_ layer: String, _ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Sources/\(layer)/\(name)", swiftSettings: settings)
}

func program(_ path: String, _ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies + [argumentParser, logging],
        path: "Sources/\(path)", swiftSettings: settings)
}

/// A benchmark beside its peers; `Benchmarks/Bench` is what they share.
func bench(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: "Bench\(name)", dependencies: dependencies + ["Bench", argumentParser],
        path: "Benchmarks/\(name)", swiftSettings: settings)
}

/// - Parameter data: folders of files that the tests read where they stand.
func tests(_ name: String, _ dependencies: [Target.Dependency], data: [String] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: dependencies, path: "Tests/\(name)", exclude: data,
        swiftSettings: settings)
}

/// The suites that are built, by name, or all. Test targets are built as one bundle, so that `make test-tls`,
/// which needs one of them in a build of its own, would otherwise build everything a second time.
let wantedTests = Context.environment["HONGBAO_TESTS"]?.split(separator: ",").map { "\($0)Tests" }

let core: [Target.Dependency] = ["Wire", "Catalog", "Profiles", "Orders", "Pacing", "Credentials"]
let shell: [Target.Dependency] = ["Telemetry", "ServiceShell", "ServiceWiring", "HTTPServer"]

let package = Package(
    name: "hongbao",
    products: [
        .executable(name: "recommend", targets: ["Recommend"]),
        .executable(name: "claim", targets: ["Claim"]),
        .executable(name: "deliverer", targets: ["Deliverer"]),
        .executable(name: "reconciler", targets: ["Reconciler"]),
        .executable(name: "simulator", targets: ["Simulator"]),
        .executable(name: "local-kafka", targets: ["LocalKafka"]),
        .executable(name: "bench-recommend", targets: ["BenchRecommend"]),
        .executable(name: "bench-claim", targets: ["BenchClaim"]),
        .executable(name: "bench-deliver", targets: ["BenchDeliver"]),
        .executable(name: "bench-reconcile", targets: ["BenchReconcile"]),
    ],
    traits: [
        .trait(name: "TLS", description: "TLS on the public and the admin port, through swift-nio-ssl.")
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-atomics.git", from: "1.3.0"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift.git", from: "0.2.0"),
    ],
    targets: [
        // System: a module map and a shim header each.
        system("CHiredis", pkgConfig: "hiredis", apt: "libhiredis-dev"),
        system("CRdKafka", pkgConfig: "rdkafka", apt: "librdkafka-dev"),
        system("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
        system("CCrypto", pkgConfig: "libcrypto", apt: "libssl-dev"),
        system("CJwt", pkgConfig: "libjwt", apt: "libjwt-dev"),
        system("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
        system("CBrotli", pkgConfig: "libbrotlienc", apt: "libbrotli-dev"),
        system("CZstd", pkgConfig: "libzstd", apt: "libzstd-dev"),
        system("CLinux", pkgConfig: nil),

        // Core: no I/O, no clock.
        module("Core", "Wire", []),
        module("Core", "Catalog", ["Wire"]),
        module("Core", "Profiles", ["Wire", "Catalog"]),
        module("Core", "Orders", ["Wire", "Catalog", "Profiles"]),
        module("Core", "OrderSets", ["Wire", "Orders"]),
        module("Core", "Pacing", ["Wire"]),
        module("Core", "Credentials", ["Wire", "CCrypto"]),

        // Adapters: sockets, threads and C handles; nothing of gifts.
        module("Adapters", "Redis", ["CHiredis", nioCore, nioPosix, logging]),
        module("Adapters", "Kafka", ["CRdKafka", nioCore, atomics, logging]),
        module("Adapters", "HTTPServer", ["Wire", nioCore, nioPosix, logging, metrics] + nioTLS),
        module("Adapters", "HTTPClient", ["CCurl", atomics, logging]),
        module("Adapters", "Telemetry", [logging, metrics, atomics, "CLinux"]),
        module(
            "Adapters", "ServiceShell",
            [
                "Wire", "Telemetry", "HTTPServer", "CLinux", yams, lifecycle, signals, logging, metrics,
                nioCore,
                nioPosix,
            ]),

        // Bridges: what several services do with Core over the adapters.
        module("Bridges", "CampaignFiles", ["Wire", "Catalog", "Credentials"]),
        module(
            "Bridges", "ServiceWiring",
            [
                "CampaignFiles", "Catalog", "Credentials", "Pacing", "ProfileRoad", "Profiles", "Redis",
                "ServiceShell", "Telemetry", "Wire", nioCore, nioPosix, logging, metrics,
            ]),
        module("Bridges", "OrderStore", ["Wire", "Catalog", "Orders", "Redis", nioCore, logging]),
        module(
            "Bridges", "OrderLog", ["Wire", "Catalog", "Orders", "Kafka", "ServiceShell", nioCore, logging]),
        module(
            "Bridges", "Operators",
            [
                "Wire", "Orders", "CampaignFiles", "Kafka", "Redis", "HTTPServer", "ServiceShell", nioCore,
                argumentParser,
            ]),
        module(
            "Bridges", "ProfileRoad",
            ["Wire", "Catalog", "Profiles", "Redis", "HTTPClient", nioCore, logging, metrics]),

        // The four services.
        program(
            "Recommend", "Recommend",
            core + shell + [
                "CampaignFiles", "Redis", "ProfileRoad", "HTTPClient", "CZlib", "CBrotli", nioCore, nioPosix,
                metrics, atomics,
            ]),
        program(
            "Claim", "Claim",
            core + shell + [
                "CampaignFiles",
                "Redis", "Kafka", "ProfileRoad", "HTTPClient", "OrderStore", "OrderLog", "Operators", nioCore,
                nioPosix, metrics,
            ]),
        program(
            "Deliverer", "Deliverer",
            core + shell + [
                "CampaignFiles",
                "Redis", "Kafka", "HTTPClient", "OrderStore", "OrderLog", "Operators", nioCore, nioPosix,
                metrics, histogram,
            ]),
        program(
            "Reconciler", "Reconciler",
            core + shell + [
                "CampaignFiles", "Redis", "Kafka", "OrderStore", "OrderLog", "OrderSets", "Operators",
                "CLinux", "CZlib", "CZstd", nioCore, nioPosix, metrics,
            ]),

        // Tools: the outside world, the local broker, the stack that runs it all.
        module("Tools", "Stack", ["CLinux", "Wire", "Catalog", "CampaignFiles"]),
        program(
            "Tools/LocalKafka", "LocalKafka",
            shell + ["Kafka", "CampaignFiles", "Catalog", "Orders", "Wire"]),
        program(
            "Tools/Simulator", "Simulator",
            core + shell + [
                "CCrypto", "ProfileRoad", "CampaignFiles", "Stack", "Redis", "Kafka", "OrderStore",
                "OrderLog",
                "HTTPClient", nioCore, nioPosix, nioHTTP1, metrics, histogram,
            ]),

        // Benchmarks.
        .target(
            name: "Bench", dependencies: ["CLinux", "Stack", "Wire", histogram, argumentParser],
            path: "Benchmarks/Bench",
            swiftSettings: settings),
        bench(
            "Recommend",
            core + [
                "CampaignFiles", "Stack", "Redis", "ProfileRoad", "HTTPServer", nioCore, nioPosix, logging,
                histogram,
            ]),
        bench(
            "Claim",
            core + [
                "CampaignFiles", "CLinux", "Kafka", "OrderLog", "OrderStore", "ProfileRoad", "Redis", "Stack",
                nioCore, nioPosix, logging, histogram,
            ]),
        bench(
            "Deliver",
            core + [
                "CampaignFiles", "Kafka", "OrderLog", "OrderStore", "Redis", "Stack", nioCore, nioPosix,
                logging,
            ]),

        bench(
            "Reconcile",
            ["Stack", "Wire", "Catalog", "CampaignFiles", "Orders", "OrderLog", "Kafka", nioPosix, logging]),

        // Tests: one folder a module.
        tests("Wire", ["Wire"]),
        tests("Catalog", ["Catalog", "Wire"]),
        tests("Profiles", ["Profiles", "Catalog", "Wire"]),
        tests("Orders", ["CampaignFiles", "Orders", "Profiles", "Catalog", "Wire"]),
        tests("OrderSets", ["OrderSets", "Orders", "Wire"]),
        tests("Pacing", ["Pacing"]),
        tests("Credentials", ["Credentials", "Wire", "CJwt"]),
        tests("Bench", ["Bench", "Wire"]),
        tests("Redis", ["Redis", "CHiredis", "Stack", nioCore, nioPosix, nioEmbedded]),
        tests("Kafka", ["Kafka", "Stack", "Wire", "CRdKafka", nioCore, nioPosix, logging]),
        tests(
            "HTTPServer", ["HTTPServer", "Stack", "Wire", nioCore, nioPosix, nioEmbedded, logging],
            data: ["Cases"]),
        tests("HTTPClient", ["HTTPClient", "Stack"]),
        tests(
            "Telemetry",
            ["Telemetry", "ServiceShell", "HTTPServer", "Wire", metrics, logging, nioCore, nioEmbedded]),
        tests(
            "ServiceWiring",
            ["ServiceWiring", "ServiceShell", "CampaignFiles", "Credentials", "Telemetry", logging]),
        tests(
            "TLS", ["HTTPServer", "ServiceShell", "Telemetry", "Wire", nioCore, nioPosix, logging] + nioTLS),
        tests(
            "ProfileRoad",
            [
                "ProfileRoad", "Profiles", "Catalog", "Wire", "Redis", "HTTPClient", "HTTPServer", "Stack",
                nioCore, nioPosix, logging,
            ]),
        tests(
            "OrderStore",
            [
                "OrderStore", "Orders", "Catalog", "Pacing", "Profiles", "CampaignFiles", "Wire", "Redis",
                "Stack", nioCore, nioPosix,
            ]),
        tests(
            "OrderLog",
            ["OrderLog", "Orders", "Catalog", "Wire", "Kafka", "Stack", nioCore, nioPosix, logging]),
        tests(
            "Recommend",
            core + [
                "Recommend", "CampaignFiles", "HTTPServer", "ProfileRoad", "Redis", "ServiceShell",
                "ServiceWiring", "Simulator", "Stack", nioCore, nioPosix, atomics,
            ]),
        tests(
            "Claim",
            core + [
                "Claim", "Operators", "OrderStore", "HTTPServer", "ServiceShell", "ServiceWiring", nioCore,
            ]),
        tests(
            "Deliverer",
            core + [
                "Deliverer", "Kafka", "CampaignFiles", "OrderStore", "OrderLog", "Operators", "HTTPClient",
                "HTTPServer", "Redis", nioCore,
            ]),
        tests(
            "Reconciler",
            core + [
                "Reconciler", "CampaignFiles", "OrderStore", "OrderLog", "OrderSets", "ServiceShell", "Stack",
                "CZlib", "CZstd", logging,
            ]),
        tests("Simulator", core + ["CampaignFiles", "Simulator", "Stack", nioCore, nioPosix]),
        tests("House", ["Orders"]),
        tests(
            "Integration",
            core + [
                "CampaignFiles", "Deliverer", "Simulator", "Stack", "Redis", "Kafka", "OrderStore",
                "OrderLog", "ProfileRoad", "HTTPClient", "HTTPServer", nioCore, nioPosix, logging,
            ]),
    ].filter { target in target.type != .test || wantedTests?.contains(target.name) ?? true }
)
