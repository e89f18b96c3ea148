import Profiles

/// What one road may take, wait and keep. Every number is for one event loop, except those of role services:
/// they are for all roads of an exchange together, which is a process.
package struct ProfileRoadOptions: Sendable {
    /// After this an answer is given with what is there, marked degraded.
    package var deadlineMs: Int64 = 300
    /// How long answers of role services count, and how long they are remembered.
    package var ages = ProfileAges(presentS: 86_400, absentS: 60)

    // The loop-local cache.

    /// Its memory.
    package var cacheBytes = 64 << 20
    /// How long a profile counts there at most; shorter than `ages`, because another process may learn of a
    /// role first.
    package var cacheLifeMs: Int64 = 30_000
    /// The same for a profile with a game in which the person has no role, or of which nothing young is
    /// known: a person who has just registered is known to Redis at once, and must be to every loop within
    /// seconds.
    package var absenceCacheLifeMs: Int64 = 5_000
    /// The same for a profile put together while Redis could not be read: its vector may be missing.
    package var storelessLifeMs: Int64 = 2_000

    // Redis.

    /// One Redis command's time.
    package var redisTimeoutMs: Int64 = 150
    /// This many reads failed in a row, and Redis is asked nothing for `storePauseMs`, then once.
    package var storeFailuresToPause = 4
    package var storePauseMs: Int64 = 250
    /// How long Redis keeps a profile without a preference vector; as long as what is stale in it is of use.
    package var storedLifeMs: Int64 = 7 * 86_400_000
    /// How long Redis keeps one with a vector: the vector comes from elsewhere and is not ours to lose soon.
    package var storedVectorLifeMs: Int64 = 30 * 86_400_000

    // Role services, for the process.

    /// One question to a role service.
    package var roleTimeoutMs = 1500
    package var roleConnectTimeoutMs = 500
    /// Questions in flight, over all games and for one.
    package var maxCalls = 256
    package var maxCallsAGame = 64
    /// Questions waiting for their turn, for one game; more are refused and the game counts as not known.
    package var maxQueuedAGame = 4096
    /// A person's failed question is not asked again for this long, nor an answered one by `refresh`.
    package var holdMs: Int64 = 1000
    /// This many failures in a row, and a game's service is asked nothing for `pauseMs`, then one question.
    package var failuresToPause = 16
    package var pauseMs: Int64 = 1000

    /// People whose profiles are being put together; more are answered degraded at once.
    package var maxPeople = 65_536

    package init() {}
}
