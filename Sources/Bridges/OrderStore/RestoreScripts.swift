import Redis

/// The scripts that a rebuild writes with. Each looks first whether the rebuild is still the one that has
/// Redis, so that one that was taken for dead changes nothing any more.
enum RestoreScripts {
    /// KEYS[1]: the shard's epoch. ARGV[1]: the rebuilder's token.
    private static let shard = """
        if redis.call('GET', KEYS[1]) ~= ARGV[1] then
            return redis.error_reply('EPOCH the run has changed')
        end

        """

    /// KEYS[1]: the campaign's epoch. ARGV: owner, epoch.
    private static let campaign = """
        local held = redis.call('HGET', KEYS[1], 'rebuilder') or ''
        if string.sub(held, 1, 8) ~= ARGV[1] or redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[2]
            or redis.call('HGET', KEYS[1], 'state') ~= 'closed' then
            return redis.error_reply('EPOCH the run has changed')
        end

        """

    /// Sets fields of a hash and removes others. KEYS: epoch, hash. ARGV: token, fields to set, then field
    /// and value of each, then fields to remove.
    static let hash = RedisScript(
        name: "restore-hash",
        source: shard + """
            local last = 2 + 2 * tonumber(ARGV[2])
            if last > 2 then redis.call('HSET', KEYS[2], unpack(ARGV, 3, last)) end
            if #ARGV > last then redis.call('HDEL', KEYS[2], unpack(ARGV, last + 1)) end
            return 1
            """)

    /// Sets strings. KEYS: epoch, strings. ARGV: token, their contents.
    static let strings = RedisScript(
        name: "restore-strings",
        source: shard + """
            for i = 2, #KEYS do redis.call('SET', KEYS[i], ARGV[i]) end
            return 1
            """)

    /// Forgets keys. KEYS: epoch, keys. ARGV: token.
    static let drop = RedisScript(
        name: "restore-drop",
        source: shard + """
            for i = 2, #KEYS do redis.call('DEL', KEYS[i]) end
            return 1
            """)

    /// Sets fields of a hash of the campaign. KEYS: epoch, hash. ARGV: owner, epoch, `1` to forget what it
    /// held, then fields and values.
    static let campaignHash = RedisScript(
        name: "restore-campaign",
        source: campaign + """
            if ARGV[3] == '1' then redis.call('DEL', KEYS[2]) end
            if #ARGV > 3 then redis.call('HSET', KEYS[2], unpack(ARGV, 4)) end
            return 1
            """)

    /// Writes a part of a string of the campaign. KEYS: epoch, string. ARGV: owner, epoch, first byte, bytes;
    /// what it held before is forgotten with the first part.
    static let campaignString = RedisScript(
        name: "restore-split",
        source: campaign + """
            if ARGV[3] == '0' then redis.call('DEL', KEYS[2]) end
            if #ARGV[4] > 0 then redis.call('SETRANGE', KEYS[2], ARGV[3], ARGV[4]) end
            return 1
            """)
}
