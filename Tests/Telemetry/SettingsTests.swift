import ServiceShell
import Testing

@Suite("Settings")
struct SettingsTests {
    private static let yaml = """
        redis:
          url: redis://127.0.0.1:6379
          timeout: 250ms
        http: {port: 8080, open: true, ratio: 0.5}
        mode: fast
        empty:
        games: [dragon, ant]
        keys:
          - {id: a, file: keys/a}
          - {id: b, file: /keys/b}
        """

    private enum Mode: String, CaseIterable { case fast, slow }

    private func settings(_ yaml: String = SettingsTests.yaml, _ environment: [String: String] = [:]) throws
        -> Settings
    {
        try Settings(yaml: yaml, file: "conf/claim.yaml", environment: environment)
    }

    private func fault(_ body: () throws -> Void) -> SettingsFault? {
        do {
            try body()
            return nil
        } catch let fault as SettingsFault {
            return fault
        } catch {
            return nil
        }
    }

    @Test("every kind of value")
    func values() throws {
        let settings = try settings()
        #expect(try settings.string("redis.url") == "redis://127.0.0.1:6379")
        #expect(try settings.duration("redis.timeout", in: .zero...(.seconds(1))) == .milliseconds(250))
        #expect(try settings.int("http.port", in: 0...65_535) == 8080)
        #expect(try settings.bool("http.open"))
        #expect(try settings.double("http.ratio", in: 0...1) == 0.5)
        #expect(try settings.choice("mode", default: Mode.slow) == .fast)
        #expect(try settings.strings("games") == ["dragon", "ant"])
        #expect(try settings.optionalString("empty") == nil)
        #expect(try settings.int("absent", in: 0...9, default: 7) == 7)
        let keys = try settings.sections("keys")
        #expect(try keys.map { try $0.string("id") } == ["a", "b"])
        #expect(try keys.map { try $0.path("file") } == ["conf/keys/a", "/keys/b"])
        try settings.finish()
    }

    @Test("the environment overrides; an empty variable does not")
    func environment() throws {
        let settings = try settings(
            Self.yaml,
            [
                "HONGBAO_REDIS_URL": "redis://other", "HONGBAO_HTTP_PORT": "", "HONGBAO_GAMES": "a, b",
                "HONGBAO_PORTS_FILE": "x/y",
            ])
        #expect(try settings.string("redis.url") == "redis://other")
        #expect(try settings.int("http.port", in: 0...65_535) == 8080)
        #expect(try settings.strings("games") == ["a", "b"])
        #expect(try settings.optionalPath("ports_file") == "x/y")
    }

    @Test("a fault names key, value, what is allowed, and where it was found")
    func outOfRange() throws {
        let settings = try settings(Self.yaml, ["HONGBAO_HTTP_PORT": "70000"])
        let found = fault { _ = try settings.int("http.port", in: 0...65_535) }
        #expect(
            found
                == SettingsFault(
                    key: "http.port", value: "70000", allowed: "a whole number, 0...65535",
                    origin: "HONGBAO_HTTP_PORT"))
        #expect(
            found?.description
                == "HONGBAO_HTTP_PORT: http.port: \"70000\" will not do: a whole number, 0...65535")
    }

    @Test("wrong types", arguments: ["+5", "5.0", "five", "0x5", "true", "5 "])
    func wrongInteger(_ text: String) throws {
        let settings = try settings("a: {b: \"\(text)\"}")
        #expect(fault { _ = try settings.int("a.b", in: 0...9) }?.value == text)
    }

    @Test("a section, a list or nothing where a value belongs")
    func wrongShape() throws {
        let settings = try settings()
        #expect(fault { _ = try settings.string("redis") }?.allowed.contains("not a section") == true)
        #expect(fault { _ = try settings.string("games") }?.allowed.contains("not a list") == true)
        #expect(fault { _ = try settings.strings("mode") }?.allowed == "must be a list")
        #expect(fault { _ = try settings.sections("mode") }?.allowed == "a list of mappings")
        #expect(
            fault { _ = try settings.string("nothing.here") }?.allowed
                == "required and not set, or set HONGBAO_NOTHING_HERE")
        #expect(
            fault { _ = try settings.choice("redis.timeout", default: Mode.fast) }?.allowed
                == "one of fast, slow")
        #expect(fault { _ = try settings.bool("mode") }?.allowed == "true or false")
    }

    @Test("a key that nobody reads is a fault that names its neighbours")
    func unknown() throws {
        let settings = try settings("redis: {url: a, tiemout: 5s}")
        _ = try settings.string("redis.url")
        _ = try settings.duration("redis.timeout", in: .zero...(.seconds(1)), default: .zero)
        let found = fault { try settings.finish() }
        #expect(found?.key == "redis.tiemout")
        #expect(found?.allowed == "unknown key; there are: redis.timeout, redis.url")
    }

    @Test(
        "a file that is no mapping, or no YAML, or has a key twice",
        arguments: [
            "- a", "a: [", "a: 1\na: 2", "a.b: 1", "a: [1, {b: 2}]", "text",
        ])
    func unreadable(_ yaml: String) {
        #expect(fault { _ = try settings(yaml) }?.origin == "conf/claim.yaml")
    }

    @Test(
        "durations",
        arguments: [
            ("250ms", Duration.milliseconds(250)), ("5s", .seconds(5)), ("10m", .seconds(600)),
            ("48h", .seconds(172_800)), ("7d", .seconds(604_800)), ("100us", .microseconds(100)),
            ("0s", .zero),
        ])
    func durations(_ text: String, _ duration: Duration) throws {
        let settings = try settings("d: \(text)")
        #expect(try settings.duration("d", in: .zero...(.seconds(1_000_000))) == duration)
    }

    @Test(
        "what is no duration",
        arguments: ["5", "s", "-5s", "5 s", "1.5s", "5sec", "99999999999999d", "1h30m"])
    func notDurations(_ text: String) throws {
        let settings = try settings("d: \"\(text)\"")
        let found = fault { _ = try settings.duration("d", in: .milliseconds(1)...(.seconds(3_600))) }
        #expect(found?.allowed == "a duration as 250ms, 5s or 48h, 1ms...1h")
    }

    @Test("an empty file has no settings")
    func empty() throws {
        try settings("").finish()
        try settings("# nothing\n").finish()
    }

    @Test("a secret comes from a file beside the settings; a fault never shows it")
    func secrets() throws {
        try TemporaryFolder.use { folder in
            folder.write("key", "s3cret\n")
            folder.write("lines", "# who\na:1\n\nb:2\n")
            folder.write("none", "\n")
            folder.write("claim.yaml", "key: key\nlines: lines\nnone: none\nmissing: missing\n")
            let settings = try Settings.load(path: folder.path("claim.yaml"))
            #expect(try settings.secret("key") == Array("s3cret".utf8))
            #expect(try settings.secretLines("lines") == ["a:1", "b:2"])
            #expect(fault { _ = try settings.secret("none") }?.allowed == "the secret file is empty")
            #expect(fault { _ = try settings.secret("missing") }?.value == folder.path("missing"))
        }
    }

    @Test("a settings file that is not there is a fault that says so")
    func absent() {
        #expect(
            fault { _ = try Settings.load(path: "/nowhere/x.yaml") }?.description.contains("No such file")
                == true)
    }
}
