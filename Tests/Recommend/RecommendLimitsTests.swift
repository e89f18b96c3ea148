import Pacing
import ServiceShell
import ServiceWiring
import Testing

@testable import Recommend

@Suite("Limits of Recommend")
struct RecommendLimitsTests {
    @Test(
        "what will not do names its setting",
        arguments: [
            ("lists: 0", "limits.lists"), ("lists_window: 1500ms", "limits.lists_window"),
            ("refreshes_window: 48h", "limits.refreshes_window"), ("people: 1", "limits.people"),
            ("max_waiting: 0", "limits.max_waiting"), ("max_loop_delay: 1ms", "limits.max_loop_delay"),
        ])
    func faults(line: String, key: String) throws {
        let settings = try Settings(yaml: "limits: {\(line)}")
        let fault = #expect(throws: SettingsFault.self) { _ = try RecommendLimits(settings) }
        #expect(fault?.description.contains(key) == true)
    }

    @Test("people are rounded up to a power of two, and a refusal carries its fields")
    func values() throws {
        let limits = try RecommendLimits(Settings(yaml: "limits: {people: 1000, lists: 7, lists_window: 3s}"))
        #expect(limits.slots == 1024)
        let headers = limits.lists.headers(.limited(retryAfterS: 2))
        #expect(headers.contains { $0 == ("ratelimit-policy", "\"lists\";q=7;w=3") })
        #expect(headers.contains { $0 == ("retry-after", "2") })
    }
}
