/// One question to a role service: what is this person in this game?
struct RoleCall: Hashable, Sendable {
    let user: UInt64
    let game: UInt8
}
