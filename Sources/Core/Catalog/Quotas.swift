/// How many orders one person may have in a campaign; nil = as many as they have coupons.
///
/// A day begins at midnight of the clock that runs `dayOffsetMinutes` ahead of UTC (480: China), so that it
/// is the same day for everybody and for every process.
package struct Quotas: Sendable, Equatable {
    package static let none = Quotas()

    /// In the whole campaign.
    package let perPerson: Int?
    /// Of one gift pack.
    package let perPersonGift: Int?
    /// Claimed on one day.
    package let perPersonDay: Int?
    /// -1439...1439.
    package let dayOffsetMinutes: Int

    package init(
        perPerson: Int? = nil, perPersonGift: Int? = nil, perPersonDay: Int? = nil, dayOffsetMinutes: Int = 0
    ) {
        self.perPerson = perPerson
        self.perPersonGift = perPersonGift
        self.perPersonDay = perPersonDay
        self.dayOffsetMinutes = dayOffsetMinutes
    }

    package var isEmpty: Bool { perPerson == nil && perPersonGift == nil && perPersonDay == nil }
}
