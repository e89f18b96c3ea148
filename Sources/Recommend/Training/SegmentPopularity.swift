import Catalog
import Glibc
import Profiles

/// How often each pack is taken when it is seen, by kind of player: what people without a vector are served
/// by.
///
/// A pack far down the page is seen less: an impression at place k counts exp(a_k), the model's place bias,
/// so that a pack is measured by clicks over *expected* clicks (Zhang and Jones, "Comparing Click Logs and
/// Editorial Labels for Training Query Rewriting", WWW 2007). Few impressions say little: a rate is the
/// Bayesian average of what was seen and of `weight` impressions at the rate expected beforehand, that of all
/// packs for a pack, that of the pack over all people for a segment (additive smoothing with an informed
/// prior; Efron and Morris, "Stein's Paradox in Statistics", Scientific American, 1977).
struct SegmentPopularity: Sendable {
    /// Impressions that the expected rate is worth.
    static let weight = 20.0

    /// By gift slot and segment, 0...1; the greatest of all is 1.
    let shares: [[Float]]

    init(_ log: ClaimLog, visits: some Sequence<Int>, placeAppeal: [Float]) {
        let segments = Segment.allCases.count
        let gifts = log.catalog.gifts.count
        var claims = [Double](repeating: 0, count: gifts * segments)
        var seen = claims
        for visit in visits {
            let segment = log.standing(visit).segment.rawValue
            let page = log.page(visit)
            for index in page where log.isOpen[index] {
                let place = min(index - page.lowerBound, placeAppeal.count - 1)
                seen[Int(log.shown[index]) * segments + segment] += exp(min(0, Double(placeAppeal[place])))
            }
            if let gift = log.gift(claimedAt: visit) { claims[Int(gift) * segments + segment] += 1 }
        }
        let overall = Self.average(claims.reduce(0, +), of: seen.reduce(0, +), prior: 0)
        let rates = (0..<gifts).map { gift in
            let range = (gift * segments)..<((gift + 1) * segments)
            let rate = Self.average(
                claims[range].reduce(0, +), of: seen[range].reduce(0, +), prior: overall)
            return range.map { Self.average(claims[$0], of: seen[$0], prior: rate) }
        }
        let greatest = rates.joined().max() ?? 0
        shares = rates.map { $0.map { greatest > 0 ? Float($0 / greatest) : 0 } }
    }

    /// `claims / seen`, drawn towards `prior`.
    static func average(_ claims: Double, of seen: Double, prior: Double) -> Double {
        (claims + weight * prior) / (seen + weight)
    }
}
