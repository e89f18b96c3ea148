import Catalog
import NIOCore
import Profiles

/// The room in which lists are put together; made once for an event loop and used again for every request.
///
/// Its parts are plain memory behind constants: what is written for each pack must not cost a check for
/// exclusive access each time. Owner: the loop.
final class ListScratch {
    /// Whose list it is.
    var person = FlatProfile()
    /// By gift slot: what is judged of each pack.
    let verdicts: UnsafeMutablePointer<GiftTable.Verdict>
    let standings: UnsafeMutablePointer<GiftStanding>
    /// Where each game's roles stand in the text of all roles; index = game slot.
    let rolesStart: UnsafeMutablePointer<Int>
    let rolesCount: UnsafeMutablePointer<Int>
    var ranking = RankingScratch()
    /// The list itself. Its storage is used again once the answer has been copied to the connection.
    var out = ByteBuffer()
    private var roles: UnsafeMutableRawPointer
    private var rolesCapacity = 4096

    init() {
        verdicts = .allocate(capacity: CatalogLimits.gifts)
        verdicts.initialize(repeating: .unknown, count: CatalogLimits.gifts)
        standings = .allocate(capacity: CatalogLimits.gifts)
        standings.initialize(repeating: .closed, count: CatalogLimits.gifts)
        rolesStart = .allocate(capacity: CatalogLimits.games)
        rolesStart.initialize(repeating: 0, count: CatalogLimits.games)
        rolesCount = .allocate(capacity: CatalogLimits.games)
        rolesCount.initialize(repeating: 0, count: CatalogLimits.games)
        roles = .allocate(byteCount: rolesCapacity, alignment: 8)
    }

    deinit {
        verdicts.deallocate()
        standings.deallocate()
        rolesStart.deallocate()
        rolesCount.deallocate()
        roles.deallocate()
    }

    /// Room for the text of all roles; what stood in it may be gone.
    func roomForRoles(_ bytes: Int) -> UnsafeMutableRawPointer {
        if bytes > rolesCapacity {
            roles.deallocate()
            rolesCapacity = bytes * 2
            roles = .allocate(byteCount: rolesCapacity, alignment: 8)
        }
        return roles
    }
}
