import Redis

/// The scripts that open a campaign, close it for a rebuild, and open it again under a new epoch.
///
/// They alone touch `{c}:epoch` and `{c:s}:e`; every other script looks at one of the two first of all and
/// refuses with `EPOCH` when it is not what its caller works under.
enum EpochScripts {
    /// Says that the campaign is being opened for the first time, where nothing is known of it. KEYS: epoch.
    static let markFresh = RedisScript(
        name: "mark-fresh",
        source: """
            if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
            redis.call('HSET', KEYS[1], 'epoch', '1', 'state', 'fresh')
            return 1
            """)

    /// Opens epoch 1. KEYS: epoch. ARGV: the masters' runs. Does nothing unless `fresh` stands there.
    static let openFresh = RedisScript(
        name: "open-fresh",
        source: """
            if redis.call('HGET', KEYS[1], 'state') ~= 'fresh' then return 0 end
            if redis.call('HGET', KEYS[1], 'epoch') ~= '1' then return 0 end
            for i = 1, #ARGV do redis.call('HSET', KEYS[1], 'r' .. ARGV[i], '1') end
            redis.call('HSET', KEYS[1], 'state', 'open')
            return 1
            """)

    /// Takes the campaign for a rebuild: closes it under the next epoch.
    ///
    /// KEYS: epoch. ARGV: owner, lease in ms, the highest epoch known from elsewhere. Reply: 1 and the new
    /// epoch, or 0 and the ms for which another rebuilder still has it. The masters' runs are forgotten.
    static let take = RedisScript(
        name: "take-rebuild",
        source: ScriptParts.clock + """
            local held, clock = redis.call('HGET', KEYS[1], 'rebuilder'), now()
            if held and string.sub(held, 1, 8) ~= ARGV[1] then
                local left = n48(string.sub(held, 9)) - clock
                if left > 0 then return {0, left} end
            end
            local known = tonumber(redis.call('HGET', KEYS[1], 'epoch') or '0')
            local epoch = math.max(known, tonumber(ARGV[3])) + 1
            if epoch > 65535 then return redis.error_reply('ERR the epochs are used up') end
            for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
                if string.find(field, ':', 1, true) then redis.call('HDEL', KEYS[1], field) end
            end
            redis.call('HSET', KEYS[1], 'epoch', string.format('%.0f', epoch), 'state', 'closed',
                'rebuilder', ARGV[1] .. u48(clock + tonumber(ARGV[2])))
            return {1, epoch}
            """)

    private static let isRebuilders = """
        local held = redis.call('HGET', KEYS[1], 'rebuilder') or ''
        local mine = string.sub(held, 1, 8) == ARGV[1] and redis.call('HGET', KEYS[1], 'epoch') == ARGV[2]
            and redis.call('HGET', KEYS[1], 'state') == 'closed'

        """

    /// Prolongs a rebuilder's lease. KEYS: epoch. ARGV: owner, epoch, lease in ms. Reply: 1 while it is its.
    static let keep = RedisScript(
        name: "keep-rebuild",
        source: ScriptParts.clock + isRebuilders + """
            if not mine then return 0 end
            redis.call('HSET', KEYS[1], 'rebuilder', ARGV[1] .. u48(now() + tonumber(ARGV[3])))
            return 1
            """)

    /// Opens the new epoch. KEYS: epoch. ARGV: owner, epoch, the masters' runs. Reply: 1 if it is open.
    static let openRebuilt = RedisScript(
        name: "open-rebuilt",
        source: isRebuilders + """
            if not mine then return 0 end
            for i = 3, #ARGV do redis.call('HSET', KEYS[1], 'r' .. ARGV[i], '1') end
            redis.call('HSET', KEYS[1], 'state', 'open')
            redis.call('HDEL', KEYS[1], 'rebuilder')
            return 1
            """)

    /// Closes a shard to everybody but one rebuilder. KEYS: the shard's epoch. ARGV: epoch, token. Reply: 0,
    /// or the epoch of what stands there, when that is not an older one.
    static let fence = RedisScript(
        name: "fence",
        source: """
            local held = redis.call('GET', KEYS[1])
            if held == ARGV[2] then return 0 end
            local known = held and tonumber(string.match(held, '^R?(%d+)') or '0') or 0
            if known >= tonumber(ARGV[1]) then return known end
            redis.call('SET', KEYS[1], ARGV[2])
            return 0
            """)

    /// Opens a shard that was fenced. KEYS: the shard's epoch. ARGV: token, epoch.
    static let openShard = RedisScript(
        name: "open-shard",
        source: """
            local held = redis.call('GET', KEYS[1])
            if held ~= ARGV[1] and held ~= ARGV[2] then
                return redis.error_reply('EPOCH the run has changed')
            end
            redis.call('SET', KEYS[1], ARGV[2])
            return 1
            """)
}
