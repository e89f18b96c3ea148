import Catalog
import NIOCore
import Profiles
import Redis

/// What stands in Redis: `hb:p:<campaign>:<user>` → `ProfileCodec`'s bytes. The campaign is in the key
/// because its game slots are in the value: another campaign's mean other games.
extension ProfileRoad {
    /// People a MGET asks for at most.
    private static let maxReads = 256
    /// How often a write is tried again on what another has written meanwhile.
    private static let maxRewrites = 3

    /// Writes a profile if what stands there is what was read (ARGV 1, empty = nothing); otherwise returns
    /// that. A value of another type counts as nothing.
    private static let replace = RedisScript(
        name: "profile-replace",
        source: """
            local now = redis.pcall('GET', KEYS[1])
            if type(now) ~= 'string' then now = '' end
            if now ~= ARGV[1] then return now end
            redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
            return 1
            """)

    /// The key of a person's profile, for whoever puts preference vectors there.
    package static func key(campaign: String, user: UInt64) -> String { "hb:p:\(campaign):\(user)" }

    private func key(_ user: UInt64) -> String { Self.key(campaign: catalog.campaign.id, user: user) }

    // MARK: - Reading

    /// Reads a person's profile with everybody else's of this tick.
    func readStored(_ user: UInt64) {
        unread.append(user)
        guard unread.count == 1 else { return }
        loop.assumeIsolated().execute { self.sendReads() }
    }

    private func sendReads() {
        let users = unread
        unread.removeAll(keepingCapacity: true)
        for start in stride(from: 0, to: users.count, by: Self.maxReads) {
            read(Array(users[start..<min(start + Self.maxReads, users.count)]))
        }
    }

    private func read(_ users: [UInt64]) {
        counters.storeReads += 1
        let read = counters.storeReads
        guard storeHealth.admit(read, nowNs: monotonicNs()) else { return lost(users) }
        var command = RedisCommand("MGET", reserving: 48 * users.count)
        for user in users { command.add(key(user)) }
        redis.readAll(command, timeout: .milliseconds(options.redisTimeoutMs)) { result in
            guard let values = (try? result.get())?.array, values.count == users.count else {
                _ = self.storeHealth.failed(read, nowNs: self.monotonicNs())
                return self.lost(users)
            }
            self.storeHealth.answered()
            for (user, value) in zip(users, values) {
                if case .error = value {
                    // One master of a cluster does not answer; the others have.
                    self.counters.storeFailures += 1
                    self.stored(user, nil, bytes: [], isLost: true)
                    continue
                }
                let bytes = value.bytes ?? []
                if value.isNull { self.counters.storeMisses += 1 }
                let profile = value.isNull ? nil : self.decoded(bytes, user)
                if profile != nil { self.counters.storeHits += 1 }
                self.stored(user, profile, bytes: bytes, isLost: false)
            }
            self.goOn(users)
        }
    }

    private func lost(_ users: [UInt64]) {
        counters.storeFailures += UInt64(users.count)
        for user in users { stored(user, nil, bytes: [], isLost: true) }
        goOn(users)
    }

    private func goOn(_ users: [UInt64]) {
        exchange.pump()
        for user in users { settle(user) }
    }

    /// nil = of another version, damaged, or not of this campaign's games: counted, and taken for absent;
    /// what is found out instead is written over it.
    private func decoded(_ bytes: [UInt8], _ user: UInt64) -> Profile? {
        do throws(ProfileDamage) {
            let profile = try ProfileCodec.decode(bytes, user: user)
            if profile.fits(catalog) { return profile }
            counters.storeDamaged += 1
        } catch {
            if case .unknownVersion = error {
                counters.storeOtherVersions += 1
            } else {
                counters.storeDamaged += 1
            }
        }
        return nil
    }

    // MARK: - Writing

    /// Writes a profile back; nobody waits for it, and a failure costs a question later.
    ///
    /// - Parameters:
    ///   - mine: the games whose answers came just now.
    ///   - read: what stood there; if something else does by now, both are joined, and that is written.
    /// - Returns: what stands there after it.
    func writeStored(_ profile: Profile, mine: UInt64, over read: [UInt8], rewrites: Int = 0) -> [UInt8] {
        let bytes = ProfileCodec.encode(profile)
        let lifeMs = profile.preference.isEmpty ? options.storedLifeMs : options.storedVectorLifeMs
        counters.storeWrites += 1
        let timeout = Duration.milliseconds(options.redisTimeoutMs)
        let done: RedisRouter.Completion = { result in
            self.wrote(profile, mine: mine, rewrites: rewrites, result)
        }
        if read.count <= ProfileCodec.maxBytes {
            var call = Self.replace.call(keyCount: 1, reserving: 384)
            call.add(key(profile.user))
            call.add(read)
            call.add(bytes)
            call.add(lifeMs)
            redis.run(Self.replace, call, timeout: timeout, then: done)
        } else {
            // Too large to be anybody's profile, and to be sent back and forth.
            var command = RedisCommand("SET", reserving: 192)
            command.add(key(profile.user))
            command.add(bytes)
            command.add("PX" as StaticString)
            command.add(lifeMs)
            redis.send(command, timeout: timeout, then: done)
        }
        return bytes
    }

    private func wrote(
        _ profile: Profile, mine: UInt64, rewrites: Int, _ result: Result<RedisReply, RedisFailure>
    ) {
        guard case .success(let reply) = result else { return counters.storeWriteFailures += 1 }
        guard case .bulk(let bytes) = reply else { return }
        counters.storeConflicts += 1
        guard rewrites < Self.maxRewrites else { return counters.storeWriteFailures += 1 }
        let ours = profile.aged(nowS: nowS, ages: options.ages)
        guard let theirs = bytes.isEmpty ? nil : decoded(bytes, profile.user) else {
            _ = writeStored(ours, mine: mine, over: bytes, rewrites: rewrites + 1)
            return
        }
        let aged = theirs.aged(nowS: nowS, ages: options.ages)
        let joined = ours.merged(with: aged, mine: mine)
        let news = writeStored(joined, mine: mine, over: bytes, rewrites: rewrites + 1)
        if let person = people[profile.user] {
            people[profile.user]!.profile = person.profile.aged(nowS: nowS, ages: options.ages)
                .merged(with: aged, mine: person.answered)
            people[profile.user]!.stored = news
        } else {
            cache(joined, isStoreLost: false)
        }
    }
}
