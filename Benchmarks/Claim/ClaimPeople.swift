import Catalog
import Credentials
import Profiles
import Wire

/// The bench's people: each with a ticket, a coupon, a profile in two games, and a claim that is good.
struct ClaimPeople {
    private static let firstUser: UInt64 = 1_000_000_000
    private static let lifeS: Int64 = 7 * 86_400

    private let stage: ClaimStage
    private let catalog: Catalog

    init(_ stage: ClaimStage, _ catalog: Catalog) {
        self.stage = stage
        self.catalog = catalog
    }

    func user(_ index: Int) -> UInt64 { Self.firstUser + UInt64(index) }
    func serial(_ index: Int) -> UInt64 { splitMix64(ClaimStage.seed &+ UInt64(index)) }
    /// The game whose pack the person claims.
    func game(_ index: Int) -> Int { index % ClaimCampaign.games }
    private func role(_ index: Int, _ game: Int) -> UInt64 { 100_000 + UInt64(index) * 16 + UInt64(game) }

    /// As a nightly batch would have left it: the games, and what the person likes.
    func profile(_ index: Int) -> Profile {
        var random = SplitMix64(seed: serial(index))
        let mine = Set([game(index), (game(index) + 3) % ClaimCampaign.games]).sorted()
        return Profile(
            user: user(index), known: catalog.allGames,
            games: mine.map { game in
                GameProfile(
                    game: UInt8(game), registeredAtS: 1_500_000_000,
                    roles: [Role(region: UInt16(index / 8 % 2), id: role(index, game))])
            },
            preference: (0..<catalog.campaign.ranking.dimensions).map { _ in
                Float.random(in: -1...1, using: &random)
            }, fetchedAtS: UInt32(stage.nowS))
    }

    /// `POST /v1/claims`, whole.
    ///
    /// - Parameters:
    ///   - scarce: for the pack of which there is one, by people of the first game.
    ///   - edition: another one has another ticket and another coupon.
    func request(_ index: Int, scarce: Bool = false, edition: Int = 0) -> [UInt8] {
        let ticket = stage.tickets.sign(
            user: user(index), audience: ClaimStage.audience, issuedAtS: stage.nowS - Int64(edition),
            expiresAtS: stage.nowS + Self.lifeS)
        let coupon = stage.coupons.sign(
            Coupon(
                serial: serial(index) ^ UInt64(edition) << 48, holder: user(index), kind: 0,
                expiresAtS: UInt32(stage.nowS + Self.lifeS)))
        let gift = scarce ? ClaimCampaign.scarceGift : "pack-of-game-\(game(index))"
        let region = index / 8 % 2 == 0 ? "east" : "south"
        let body =
            #"{"coupon":"\#(coupon)","gift":"\#(gift)","region":"\#(region)","#
            + #""role":"\#(role(index, game(index)))"}"#
        return Array(
            """
            POST /v1/claims HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer \(ticket)\r
            Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)
            """.utf8)
    }
}

/// Requests made beforehand, one behind the other, so that several in a row are one write.
struct RequestBook {
    private(set) var bytes: [UInt8] = []
    /// Where each begins, and where the last one ends.
    private(set) var offsets: [Int] = [0]

    var count: Int { offsets.count - 1 }

    init(count: Int, request: (Int) -> [UInt8]) {
        offsets.reserveCapacity(count + 1)
        for index in 0..<count {
            let one = request(index)
            if index == 0 { bytes.reserveCapacity(count * (one.count + 16)) }
            bytes += one
            offsets.append(bytes.count)
        }
    }

    /// The first so many.
    func prefix(_ count: Int) -> RequestBook {
        var book = self
        book.offsets.removeLast(self.count - count)
        return book
    }

    func range(_ first: Int, _ count: Int) -> Range<Int> { offsets[first]..<offsets[first + count] }
}
