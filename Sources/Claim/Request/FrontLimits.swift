import Pacing
import ServiceShell
import ServiceWiring
import Wire

/// What one person and one address may ask of a loop, and how a client's address is found.
struct FrontLimits: Sendable {
    /// Claims of a person.
    let claims: PersonQuota
    /// Looks at orders of a person.
    let orders: PersonQuota
    /// Requests of an address of whatever kind, those without a good ticket included.
    let addresses: PersonQuota
    /// Addresses that have no limit: many people stand behind one proxy that is not told of.
    let unlimited: NetworkList
    /// Proxies whose `X-Forwarded-For` is believed.
    let proxies: NetworkList
    /// People, and addresses, whose quotas a loop remembers.
    let slots: Int

    init(_ settings: Settings) throws(SettingsFault) {
        claims = try Wiring.quota(settings, "claims", 100, .seconds(10))
        orders = try Wiring.quota(settings, "orders", 200, .seconds(10))
        addresses = try Wiring.quota(settings, "addresses", 2000, .seconds(10))
        unlimited = try settings.networks("limits.unlimited_networks") ?? .local
        proxies = try settings.networks("http.trusted_proxies") ?? .none
        slots = try Wiring.rememberedPeople(settings)
    }

    /// The numbers of one loop; `slots` is a power of two.
    init(
        claims: PersonLimit, orders: PersonLimit, addresses: PersonLimit, unlimited: NetworkList = .local,
        proxies: NetworkList = .none, slots: Int
    ) {
        self.claims = PersonQuota(claims, name: "claims")
        self.orders = PersonQuota(orders, name: "orders")
        self.addresses = PersonQuota(addresses, name: "addresses")
        self.unlimited = unlimited
        self.proxies = proxies
        self.slots = slots
    }
}
