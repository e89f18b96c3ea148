import Catalog
import Credentials
import Logging
import NIOCore

/// Edits of the campaign's files while orders are under way.
extension DeliveryLoop {
    /// What was begun under a shorter time-out has been sent after this: Redis's answer, and the turn that it
    /// comes in.
    static let edgeOfEdit = TimeAmount.seconds(10)

    /// Takes an edit that may be served: requests, answers, limits and unread records are looked at with it
    /// from here on. On the loop.
    ///
    /// What is with its game now was made after the old files, and its answer is read after them. An attempt
    /// is held in Redis for as long as its request could take when it was begun, so that a time-out that was
    /// raised is in force a moment later only.
    ///
    /// - Parameter signers: of games whose scheme the edit changes, by slot.
    func adopt(_ catalog: Catalog, signers: [(slot: UInt8, signer: GameSigner)]) {
        loop.assertInEventLoop()
        keepRules(catalog)
        let before = request.timeoutsMs
        request = request.adopting(catalog, atMostMs: before)
        request.signers.adopt(signers, recipes: request.recipes)
        edits += 1
        if request.timeoutsMs != catalog.games.map(\.requestTimeoutMs) {
            let edit = edits
            loop.scheduleTask(in: Self.edgeOfEdit) { [self] in
                if edits == edit { request = request.adopting(catalog) }
            }
        }
        turn { engine, _ in engine.adopt(catalog) }
        // Limits of the files hold where nobody has set any.
        operators?.adopt(catalog)
    }

    /// There is an edit that cannot be served here. On the loop.
    func fellBehind() {
        loop.assertInEventLoop()
        engine.isCatalogBehind = true
    }

    /// A game's secrets have changed. On the loop.
    func adopt(_ signer: GameSigner, game slot: UInt8) {
        loop.assertInEventLoop()
        request.signers.exchange(signer, game: slot, fits: request.recipes[Int(slot)])
    }

    /// Keeps the games as they are for the requests that are under way, where the edit reads answers in
    /// another way.
    private func keepRules(_ new: Catalog) {
        let isChanged = zip(engine.games, new.games).map { old, new in
            old.dialect != new.dialect || old.idempotent != new.idempotent
        }
        guard isChanged.contains(true) else { return }
        for ref in engine.parcels.refs {
            guard let parcel = engine.parcels[ref], isChanged[Int(parcel.game)],
                parcel.phase == .sending || parcel.phase == .asking, sentUnder[ref.token] == nil
            else { continue }
            sentUnder[ref.token] = engine.catalog.games[Int(parcel.game)]
        }
    }
}
