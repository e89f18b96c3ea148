/// The named maxima of a catalog; the schemas and the loader agree on them.
package enum CatalogLimits {
    /// `Profile.known` and every needed-games set are 64-bit sets of game slots.
    package static let games = 64
    /// Bounds a listing's body and the per-gift tables of the services.
    package static let gifts = 1024
    package static let regionsAGame = 1024
    package static let couponKinds = 16
    package static let itemsAGift = 16
    package static let identifierLength = 32
    package static let textLength = 128
    package static let urlLength = 1024
    package static let imageLength = 128
    package static let stock = 1_000_000_000
    /// Units of a lucky packet, all packs together; any one amount, which is less, fits 32 bits.
    package static let amountTotal = 4_000_000_000
    /// Packs of a gift that is split beforehand: its amounts stand in one string of 4 bytes each.
    package static let presplitStock = 10_000_000
    package static let value = 1_000_000_000
    /// Orders a person, claims a device or an address, approvals an operator.
    package static let quota = 65_535
    /// Orders a person of one gift pack: a byte in Redis.
    package static let giftQuota = 255
    package static let accountAgeDays = 36_500
    /// Of a day's begin from UTC's, either way.
    package static let dayOffsetMinutes = 1439
    package static let itemCount = 1_000_000_000
    package static let perSecond = 1_000_000
    package static let burst = 1_000_000
    package static let shards = 1024
    package static let claimBuckets = 65_536
    package static let partitions = 256
    package static let retryTiers = 16
    package static let replication = 9
    package static let dimensions = 64
    /// Gifts of one game next to each other in a list.
    package static let neighbours = 16
    /// Kinds of player that popularity is told apart for.
    package static let segments = 3
    package static let timeoutMs = 60_000
    /// Of a dialect: further headers; fields of a form; rules, and values of one rule; characters of a value,
    /// and of a body's template.
    package static let dialectHeaders = 16
    package static let dialectParameters = 32
    package static let dialectRules = 32
    package static let dialectValue = 256
    package static let dialectTemplate = 4096
    /// 30 days.
    package static let deliveryWindowMs: Int64 = 30 * 86_400_000
    /// 365 days.
    package static let freshHalfLifeMs: Int64 = 365 * 86_400_000
}
