import NIOCore
import Profiles
import Redis

/// What stands in Redis: `hb:p:<user>` → `ProfileCodec`'s bytes.
extension ProfileRoad {
    /// People a MGET asks for at most.
    private static let maxReads = 256
    private static let keyPrefix: StaticString = "hb:p:"

    /// The key of a person's profile, for whoever puts preference vectors there.
    package static func key(user: UInt64) -> String { "\(keyPrefix)\(user)" }

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
            let part = Array(users[start..<min(start + Self.maxReads, users.count)])
            var command = RedisCommand("MGET", reserving: 32 * part.count)
            for user in part { command.add(Self.key(user: user)) }
            counters.storeReads += 1
            redis.send(command, timeout: .milliseconds(options.redisTimeoutMs)) { result in
                self.received(part, result)
            }
        }
    }

    private func received(_ users: [UInt64], _ result: Result<RedisReply, RedisFailure>) {
        let values = (try? result.get())?.array
        if let values, values.count == users.count {
            for (user, value) in zip(users, values) { stored(user, decoded(value, user), isLost: false) }
        } else {
            counters.storeFailures += UInt64(users.count)
            for user in users { stored(user, nil, isLost: true) }
        }
        pump()
        for user in users { settle(user) }
    }

    private func decoded(_ value: RedisReply, _ user: UInt64) -> Profile? {
        guard !value.isNull else {
            counters.storeMisses += 1
            return nil
        }
        guard let bytes = value.bytes, let profile = try? ProfileCodec.decode(bytes, user: user),
            profile.fits(catalog)
        else {
            // Counted and taken for absent; what is found out instead is written over it.
            counters.storeDamaged += 1
            return nil
        }
        counters.storeHits += 1
        return profile
    }

    /// Writes a profile back; nobody waits for it, and a failure costs a question later.
    func writeStored(_ profile: Profile) {
        let lifeMs = profile.preference.isEmpty ? options.storedLifeMs : options.storedVectorLifeMs
        var command = RedisCommand("SET", reserving: 192)
        command.add(Self.key(user: profile.user))
        command.add(ProfileCodec.encode(profile))
        command.add("PX" as StaticString)
        command.add(lifeMs)
        counters.storeWrites += 1
        redis.send(command, timeout: .milliseconds(options.redisTimeoutMs)) { result in
            if case .failure = result { self.counters.storeWriteFailures += 1 }
        }
    }
}
