import Redis

/// The scripts over `{c}:control`, Redis's copy of the limits and pauses that operators have set.
///
/// A field holds a ``ControlRecord``'s JSON, whose time stands last; `v` grows with every change, so that a
/// process finds out by one number whether it has to read the rest.
enum ControlScripts {
    /// Sets a field, unless what it holds is as new or newer: by time, then by the bytes
    /// (`ControlRecord.isAfter`).
    ///
    /// KEYS: the campaign's epoch, control. ARGV: epoch, field, record, its time. Reply: `1` it stands there
    /// now, or did already, or `0` a newer one does; then `v`.
    static let write = RedisScript(
        name: "write-control",
        source: ScriptParts.campaign + """
            local held = redis.call('HGET', KEYS[2], ARGV[2])
            local function version() return tonumber(redis.call('HGET', KEYS[2], 'v') or '0') end
            if held == ARGV[3] then return {1, version()} end
            if held then
                local at, new = tonumber(string.match(held, '"at":(%d+)}$') or '-1'), tonumber(ARGV[4])
                if at > new then return {0, version()} end
                if at == new then
                    -- Not `<`, which follows the server's locale.
                    for i = 1, #held do
                        local x, y = string.byte(held, i), string.byte(ARGV[3], i) or -1
                        if x > y then return {0, version()} end
                        if x < y then break end
                    end
                end
            end
            redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
            return {1, redis.call('HINCRBY', KEYS[2], 'v', 1)}
            """)

    /// KEYS: the campaign's epoch, control. ARGV: epoch. Reply: fields and values.
    static let read = RedisScript(
        name: "read-control",
        source: ScriptParts.campaign + """
            return redis.call('HGETALL', KEYS[2])
            """)

    /// KEYS: the campaign's epoch, control. ARGV: epoch. Reply: `v`, 0 where nothing was ever set.
    static let version = RedisScript(
        name: "control-version",
        source: ScriptParts.campaign + """
            return tonumber(redis.call('HGET', KEYS[2], 'v') or '0')
            """)
}
