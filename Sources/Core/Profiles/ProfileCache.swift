import Wire

/// Profiles kept by one event loop: bounded bytes, a life for each, CLOCK for what must go. No locks: one
/// owner.
///
/// They are kept in their compact form, in cells of one size (`CellSlab`) behind an index of 8 bytes a place
/// (`CellIndex`): about 160 bytes a person with five games and a vector, all told, where the decoded form
/// takes six times as much in a dozen allocations. Taking one out decodes it into room that is used again.
///
/// CLOCK (Corbató, "A Paging Experiment with the Multics System", 1968): a hand goes round the entries; one
/// used since the hand's last visit is spared once, one not used, or past its life, goes. It comes close to
/// least-recently-used and writes a flag on a hit instead of moving list nodes.
///
/// An entry past its life stays until its room is needed: it is something to go by while nothing better can
/// be had.
package struct ProfileCache: ~Copyable {
    /// What a look-up found.
    package enum Find: Sendable {
        case nothing
        /// Past its life.
        case past
        case young
    }

    package let maxBytes: Int
    package let lifeMs: Int64
    package private(set) var evictions: UInt64 = 0
    private var slab: CellSlab
    private var index: CellIndex
    private var hand: UInt32 = 0
    private var writer = ByteWriter(reserving: 512)
    private var scratch: [UInt8] = []
    private var flat = FlatProfile()

    /// - Parameters:
    ///   - maxBytes: of all memory together; a profile larger than this is not kept. The index is set aside
    ///     at once (a thirteenth of it), the cells as they are needed.
    ///   - lifeMs: how long an entry counts at most.
    package init(maxBytes: Int, lifeMs: Int64) {
        precondition(maxBytes >= 0 && lifeMs > 0)
        self.maxBytes = maxBytes
        self.lifeMs = lifeMs
        let cells = min(
            CellSlab.maximum, max(0, maxBytes - 16) / (CellSlab.cellBytes + CellIndex.bytesACell))
        slab = CellSlab(maxCells: cells)
        index = CellIndex(maxCells: cells)
    }

    /// People in it, those past their lives included.
    package var count: Int { index.count }

    /// Memory it has taken from the system; never more than `maxBytes`, nor ever less than before.
    package var bytes: Int { slab.maxCells == 0 ? 0 : index.bytes + slab.touched * CellSlab.cellBytes }

    /// Reads the person's profile into `flat`, also one past its life. Allocates nothing once `flat` has
    /// grown.
    package mutating func load(user: UInt64, nowMs: Int64, into flat: inout FlatProfile) -> Find {
        let hash = splitMix64(user)
        guard let cell = index.cell(of: hash, isIt: { slab.hash($0) == hash }),
            var head = slab.head(cell)
        else { return .nothing }
        let isYoung = isYoung(head, nowMs)
        if !head.wasUsed, isYoung {
            head.wasUsed = true
            slab.setHead(cell, head)
        }
        let isWhole = slab.withBytes(cell, length: head.length, scratch: &scratch) { bytes in
            do throws(ProfileDamage) {
                try ProfileCodec.decodeBody(bytes, user: user, into: &flat)
                return true
            } catch {
                return false
            }
        }
        precondition(isWhole, "a cached profile does not decode")
        return isYoung ? .young : .past
    }

    /// The profile, if it is there and young enough.
    package mutating func profile(of user: UInt64, nowMs: Int64) -> Profile? {
        var flat = FlatProfile()
        swap(&flat, &self.flat)
        let find = load(user: user, nowMs: nowMs, into: &flat)
        swap(&flat, &self.flat)
        return find == .young ? Profile(self.flat) : nil
    }

    /// Keeps a profile in place of an older one of the person, for 7/8 to all of its life.
    ///
    /// - Parameters:
    ///   - lifeMs: nil = the cache's; a longer one is cut to it.
    ///   - jitter: any random word; it spreads the ends of lives, so that what was filled in one burst does
    ///     not end in one.
    package mutating func keep(_ profile: Profile, nowMs: Int64, lifeMs: Int64? = nil, jitter: UInt64) {
        forget(profile.user)
        guard slab.maxCells > 0 else { return }
        writer.bytes.removeAll(keepingCapacity: true)
        ProfileCodec.encodeBody(profile, &writer)
        let length = writer.bytes.count
        let cells = CellSlab.cells(length: length)
        guard length <= CellSlab.maxLength, cells <= slab.maxCells else { return }
        while slab.freeCells < cells { evictOne(nowMs) }
        let lifeMs = max(1, min(lifeMs ?? self.lifeMs, self.lifeMs))
        let early = Int64(jitter % UInt64(lifeMs / 8 + 1))
        let head = CellSlab.Head(
            expiresAtMs: min(max(0, nowMs + lifeMs - early), 1 << 44 - 1), length: length, wasUsed: false)
        let hash = splitMix64(profile.user)
        let cell = writer.bytes.withUnsafeBytes { slab.add(hash: hash, head, $0) }
        index.insert(hash, cell)
    }

    package mutating func forget(_ user: UInt64) {
        let hash = splitMix64(user)
        if let cell = index.cell(of: hash, isIt: { slab.hash($0) == hash }) { remove(cell, hash) }
    }

    /// An end further off than a whole life means that the clock was set back.
    private func isYoung(_ head: CellSlab.Head, _ nowMs: Int64) -> Bool {
        nowMs < head.expiresAtMs && head.expiresAtMs - nowMs <= lifeMs
    }

    private mutating func evictOne(_ nowMs: Int64) {
        // Two rounds at most: the first clears every flag.
        while true {
            if hand >= slab.touched { hand = 0 }
            defer { hand += 1 }
            guard var head = slab.head(hand) else { continue }
            if head.wasUsed, isYoung(head, nowMs) {
                head.wasUsed = false
                slab.setHead(hand, head)
            } else {
                remove(hand, slab.hash(hand))
                evictions += 1
                return
            }
        }
    }

    private mutating func remove(_ cell: UInt32, _ hash: UInt64) {
        index.remove(hash, cell)
        slab.remove(cell)
    }
}
