/// What a person reads of one pack of the list.
struct ListedGift: Sendable, Equatable {
    enum Claimable: Sendable { case yes, no, unknown }

    struct Place: Sendable, Equatable {
        let region: String
        let role: String
    }

    let id: String
    let game: String
    let claimable: Claimable
    /// Where, and as whom, the person plays that game.
    let places: [Place]
}
