import OrderStore

/// The name of a run, never used twice: `<epoch>-<number>`. Later runs have greater ones, also after Redis
/// has lost everything, since its number begins anew only under a higher epoch.
struct RunID: Hashable, Comparable, Sendable, CustomStringConvertible {
    let epoch: UInt16
    let number: UInt32

    init(epoch: UInt16, number: UInt32) {
        self.epoch = epoch
        self.number = number
    }

    init(_ tenure: RunTenure) {
        self.init(epoch: tenure.epoch, number: tenure.number)
    }

    /// nil for anything but the one spelling that ``description`` has; what names a file must not be more.
    init?(text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let epoch = UInt16(parts[0]), let number = UInt32(parts[1]),
            "\(epoch)-\(number)" == text
        else { return nil }
        self.init(epoch: epoch, number: number)
    }

    var description: String { "\(epoch)-\(number)" }

    static func < (a: RunID, b: RunID) -> Bool { (a.epoch, a.number) < (b.epoch, b.number) }
}

/// Why a run was made.
struct RunCause: Equatable, Sendable {
    /// The operator's name; nil: it was time.
    var by: String?
    var reason: String?

    static let periodic = RunCause()
}
