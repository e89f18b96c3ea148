import Stack

/// Asks until it holds; false when that takes too long, however long each question takes.
///
/// For what another process does without telling. The limit is for what never comes, not for what is slow.
func eventually(
    within limit: Duration = .seconds(120), _ holds: () async throws -> Bool
) async throws -> Bool {
    let deadline = Deadline(after: limit)
    while !deadline.hasPassed, !Task.isCancelled {
        if try await holds() { return true }
        await ClaimHouse.moment()
    }
    return false
}
