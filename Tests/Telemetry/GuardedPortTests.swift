import HTTPServer
import Logging
import Telemetry
import Testing
import Wire

@testable import ServiceShell

@Suite("Who may connect to a port")
struct GuardedPortTests {
    private func options(_ yaml: String, section: String = "http") throws -> HTTPServerOptions {
        let context = try ServiceContext(
            name: "test", settings: Settings(yaml: "loops: 1\n" + yaml),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, registry: PrometheusRegistry())
        var options = HTTPServerOptions(port: 0)
        try context.guardPort(section, &options)
        return options
    }

    private func fault(_ yaml: String) -> SettingsFault? {
        #expect(throws: SettingsFault.self) { try options(yaml) }
    }

    @Test("without settings everybody, in clear")
    func open() throws {
        let options = try options("")
        #expect(options.allowedNetworks == nil && options.tls == nil)
    }

    @Test("networks, of each port its own")
    func networks() throws {
        let yaml = "http: {allowed_networks: [192.0.2.0/24, \"::1\"]}\nadmin: {allowed_networks: []}"
        let address = try #require(IPAddress("192.0.2.9"))
        #expect(try options(yaml).allowedNetworks?.contains(address) == true)
        #expect(try options(yaml, section: "admin").allowedNetworks == NetworkList.none)
        let fault = fault("http: {allowed_networks: [192.0.2.1/24]}")
        #expect(fault?.key == "http.allowed_networks" && fault?.value == "192.0.2.1/24")
    }

    @Test("promise 10: half of TLS is refused, and TLS that the program was built without")
    func tls() {
        for half in ["certificate_file", "key_file", "client_ca_file"] {
            let fault = fault("http: {tls: {\(half): /tmp/none}}")
            #expect(fault?.allowed.contains("both") == true)
        }
        let whole = fault("http: {tls: {certificate_file: /nowhere/a, key_file: /nowhere/b}}")
        #expect(whole?.key == "http.tls.certificate_file")
        #if TLS
            #expect(whole?.allowed.contains("no certificates") == true)
        #else
            #expect(whole?.allowed.contains("--traits TLS") == true)
        #endif
    }

    @Test("a secret stands in the environment and not in the settings")
    func secrets() throws {
        let settings = try Settings(yaml: "a: {b: SECRET}", environment: ["HONGBAO_C_D": "hidden"])
        let fault = #expect(throws: SettingsFault.self) { try settings.environmentSecret("a.b") }
        #expect(fault?.description.contains("HONGBAO_A_B") == true)
        #expect(fault?.description.contains("SECRET") == false)
        #expect(try settings.environmentSecret("c.d") == "hidden")
        #expect(try settings.environmentSecret("e.f") == nil)
    }
}
