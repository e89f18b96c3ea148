import Credentials

/// The games' signers of now, by slot. A class, so that exchanged secrets reach the request builder that a
/// loop holds.
///
/// `@unchecked Sendable`: after `init` it is touched on the loop that owns the request builder only.
final class SignerTable: @unchecked Sendable {
    private(set) var signers: [GameSigner]
    /// By slot: those that came before the edit that they are for.
    private var early: [UInt8: GameSigner] = [:]

    init(_ signers: [GameSigner]) {
        self.signers = signers
    }

    subscript(slot: UInt8) -> GameSigner { signers[Int(slot)] }

    func exchange(_ signer: GameSigner, game slot: UInt8) {
        signers[Int(slot)] = signer
    }

    /// The same of a file that may have been read in a form which an edit on its way asks for: it waits for
    /// that edit.
    func exchange(_ signer: GameSigner, game slot: UInt8, fits recipe: RequestRecipe) {
        if recipe.fits(signer) {
            exchange(signer, game: slot)
        } else {
            early[slot] = signer
        }
    }

    /// An edit's own signers, and what came for it before it.
    func adopt(_ new: [(slot: UInt8, signer: GameSigner)], recipes: [RequestRecipe]) {
        for (slot, signer) in new { exchange(signer, game: slot) }
        for (slot, signer) in early where recipes[Int(slot)].fits(signer) { exchange(signer, game: slot) }
        early = [:]
    }
}
