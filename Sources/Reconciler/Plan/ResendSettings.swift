import ServiceShell

/// The settings of resends.
struct ResendSettings: Sendable {
    /// Orders a second that `apply` hands to the queue at most.
    let perSecond: Double
    /// A plan of more orders needs a second person.
    let ordersAlone: Int
    /// A plan whose gift packs are worth more needs a second person.
    let valueAlone: Int

    static let rates = 0.1...5_000.0

    init(perSecond: Double, ordersAlone: Int, valueAlone: Int) {
        self.perSecond = perSecond
        self.ordersAlone = ordersAlone
        self.valueAlone = valueAlone
    }

    init(_ settings: Settings) throws(SettingsFault) {
        perSecond = try settings.double("resend.per_second", in: Self.rates, default: 50)
        ordersAlone = try settings.int("resend.orders_alone", in: 0...10_000_000, default: 1_000)
        valueAlone = try settings.int("resend.value_alone", in: 0...(1 << 47), default: 100_000)
    }
}
