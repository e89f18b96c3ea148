import Glibc

/// The tickets that one event loop found good, so that a person's next request with the same ticket costs
/// a look-up instead of a signature. Owned by that loop; no locks.
///
/// It accepts nothing that the verifier would refuse:
/// - A hit is a token equal in every byte to one that the verifier accepted. The hash is only the way to
///   it; it is keyed, so that nobody outside can aim tokens at one set or at one entry.
/// - What depends on the time, `exp`, `nbf` and the end of the key that signed, is asked anew at every hit,
///   with the verifier's own rule. Other keys (``adopt(_:)``) begin with nothing remembered.
/// - Refusals are not kept, nor tokens over ``maxTokenBytes``: those are verified each time.
///
/// Memory is all taken at the start, `entries` × (``maxTokenBytes`` + 80) bytes, and a hit allocates
/// nothing. A token can stand in ``ways`` entries: free ones and those that have expired are taken first,
/// then the least recently used.
///
/// `memcmp` may stop at the first difference here: what it compares already has equal keyed hashes of 64
/// bits, so that its time tells a guesser nothing to build on.
package struct VerifiedTickets: ~Copyable {
    /// A longer token is verified every time. Ours have about 200 bytes with HS256, 250 with the others.
    package static let maxTokenBytes = 512
    /// Entries that a token can stand in; the hashes of so many fill one cache line.
    package static let ways = 8
    /// 0.5 GiB.
    package static let maxEntries = 1 << 20

    private struct Entry {
        var checked = TicketVerifier.Checked(
            ticket: Ticket(user: 0, expiresAtS: 0), notBeforeS: 0, keyUntilS: 0)
        /// When it was last used, in look-ups.
        var usedAt: UInt64 = 0
        var byteCount = 0
    }

    /// The hash of an entry that is free; no token's.
    private static let free: UInt64 = 0

    /// Look-ups answered from here, tickets found to have expired since among them.
    package private(set) var hits: UInt64 = 0
    /// Look-ups that the verifier had to answer, whatever it said.
    package private(set) var misses: UInt64 = 0

    private var verifier: TicketVerifier
    private let siphash: SipHash13
    private let hashMask: UInt64
    private let setMask: UInt64
    /// Beside the entries, so that a look-up reads no entry but its own.
    private var hashes: [UInt64]
    private var entries: [Entry]
    /// The tokens, each at its entry's place times ``maxTokenBytes``.
    private var tokens: [UInt8]

    /// `entries` is a power of two from ``ways`` to ``maxEntries``. `seed` is the hash's key: fresh random
    /// bits. `hashMask` narrows the hash, for a test that wants collisions.
    package init(
        verifier: TicketVerifier, entries: Int = 4096, seed: (UInt64, UInt64), hashMask: UInt64 = .max
    ) {
        precondition(
            (Self.ways...Self.maxEntries).contains(entries) && entries & (entries - 1) == 0,
            "entries must be a power of two in range")
        self.verifier = verifier
        siphash = SipHash13(key: seed)
        self.hashMask = hashMask
        setMask = UInt64(entries / Self.ways - 1)
        hashes = Array(repeating: Self.free, count: entries)
        self.entries = Array(repeating: Entry(), count: entries)
        tokens = Array(repeating: 0, count: entries * Self.maxTokenBytes)
    }

    /// Other keys from now on: what was found good by the old ones is forgotten.
    package mutating func adopt(_ verifier: TicketVerifier) {
        self.verifier = verifier
        for index in hashes.indices { hashes[index] = Self.free }
    }

    /// What `TicketVerifier.verify` says of the token at `nowS` (Unix seconds). The bytes are read during
    /// the call only.
    package mutating func verify(
        _ token: UnsafeBufferPointer<UInt8>, nowS: Int64
    ) throws(TicketError) -> Ticket {
        guard (1...Self.maxTokenBytes).contains(token.count) else {
            misses += 1
            return try verifier.verify(token, nowS: nowS)
        }
        let hash = max(siphash.hash(UnsafeRawBufferPointer(token)) & hashMask, Self.free + 1)
        let set = Int(hash & setMask) * Self.ways..<(Int(hash & setMask) + 1) * Self.ways
        for index in set where hashes[index] == hash && holds(token, at: index) {
            hits += 1
            return try hit(index, nowS: nowS)
        }
        misses += 1
        let checked = try verifier.check(token, nowS: nowS)
        keep(token, hash: hash, checked: checked, at: room(in: set, nowS: nowS))
        return checked.ticket
    }

    /// The same for the text of a header field.
    package mutating func verify(_ token: Substring, nowS: Int64) throws(TicketError) -> Ticket {
        var token = token
        let ticket = token.withUTF8 { bytes -> Result<Ticket, TicketError> in
            do throws(TicketError) {
                return .success(try verify(bytes, nowS: nowS))
            } catch {
                return .failure(error)
            }
        }
        return try ticket.get()
    }

    // MARK: - Entries

    private func holds(_ token: UnsafeBufferPointer<UInt8>, at index: Int) -> Bool {
        guard entries[index].byteCount == token.count, let given = token.baseAddress else { return false }
        return tokens.withUnsafeBufferPointer { tokens in
            let kept = UnsafeBufferPointer(rebasing: tokens[index * Self.maxTokenBytes..<tokens.count])
            guard let kept = kept.baseAddress else { return false }
            return memcmp(kept, given, token.count) == 0
        }
    }

    private mutating func hit(_ index: Int, nowS: Int64) throws(TicketError) -> Ticket {
        entries[index].usedAt = hits + misses
        let checked = entries[index].checked
        do {
            try verifier.recheck(checked, nowS: nowS)
        } catch {
            if error != .notYet { hashes[index] = Self.free }
            throw error
        }
        return checked.ticket
    }

    /// The entry of a set to write to.
    private func room(in set: Range<Int>, nowS: Int64) -> Int {
        var oldest = set.lowerBound
        for index in set {
            if hashes[index] == Self.free || entries[index].checked.ticket.expiresAtS <= nowS { return index }
            if entries[index].usedAt < entries[oldest].usedAt { oldest = index }
        }
        return oldest
    }

    private mutating func keep(
        _ token: UnsafeBufferPointer<UInt8>, hash: UInt64, checked: TicketVerifier.Checked, at index: Int
    ) {
        hashes[index] = hash
        entries[index] = Entry(checked: checked, usedAt: hits + misses, byteCount: token.count)
        tokens.withUnsafeMutableBytes { tokens in
            let first = index * Self.maxTokenBytes
            UnsafeMutableRawBufferPointer(rebasing: tokens[first..<first + Self.maxTokenBytes])
                .copyMemory(from: UnsafeRawBufferPointer(token))
        }
    }
}
