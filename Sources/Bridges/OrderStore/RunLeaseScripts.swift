import Redis

/// The scripts over `{c}:runs`, the lease by which one reconciler of all processes works at a time.
///
/// | field | holds |
/// | --- | --- |
/// | `n` | how many runs were begun, ever: the number of the last one |
/// | `h` | who works: owner (8 bytes), end of the lease (u48, ms of Redis's clock); absent: nobody |
/// | `b` | when the last one began (u48, ms) |
/// | `d`, `s` | the number under which a report, and the closing statement, was last sealed |
///
/// A lease that has ended is nobody's, taken over or not: whoever stood still for longer finds every further
/// call refused. Numbers are of an epoch, which every script looks at; together they never come back.
///
/// KEYS: the campaign's epoch, runs. ARGV[1]: the epoch.
enum RunLeaseScripts {
    private static let prelude = ScriptParts.campaign + ScriptParts.clock

    /// `isMine()`. ARGV: epoch, owner, number.
    private static let isMine = """
        local function isMine()
            local held = redis.call('HGET', KEYS[2], 'h')
            return held and string.sub(held, 1, 8) == ARGV[2] and redis.call('HGET', KEYS[2], 'n') == ARGV[3]
                and n48(string.sub(held, 9)) > now()
        end

        """

    /// Begins a run. ARGV: epoch, owner, lease in ms, ms since the beginning of the last sealed run (0: at
    /// once). Reply: 0, ms for which another holds it; 1, the run's number, the last sealed number; 2, ms for
    /// which the last sealed run is young enough.
    ///
    /// A begin that lies ahead of the clock by more than those ms was written by a clock set back since.
    static let begin = RedisScript(
        name: "begin-run",
        source: prelude + """
            local held, clock = redis.call('HGET', KEYS[2], 'h'), now()
            if held then
                local left = n48(string.sub(held, 9)) - clock
                if left > 0 then return {0, left} end
            end
            local every = tonumber(ARGV[4])
            local sealed, began = redis.call('HGET', KEYS[2], 'd'), redis.call('HGET', KEYS[2], 'b')
            if every > 0 and began and sealed == redis.call('HGET', KEYS[2], 'n') then
                local wait = n48(began) + every - clock
                if wait > 0 and wait <= every then return {2, wait} end
            end
            local number = redis.call('HINCRBY', KEYS[2], 'n', 1)
            redis.call('HSET', KEYS[2], 'h', ARGV[2] .. u48(clock + tonumber(ARGV[3])), 'b', u48(clock))
            return {1, number, tonumber(sealed or '0')}
            """)

    /// Prolongs it. ARGV: epoch, owner, number, lease in ms. Reply: 1 while it is the caller's.
    static let keep = RedisScript(
        name: "keep-run",
        source: prelude + isMine + """
            if not isMine() then return 0 end
            redis.call('HSET', KEYS[2], 'h', ARGV[2] .. u48(now() + tonumber(ARGV[4])))
            return 1
            """)

    /// Says that what was made under it counts. ARGV: epoch, owner, number, lease in ms, field. Reply: 1, or
    /// 0 and nothing counts.
    static let seal = RedisScript(
        name: "seal-run",
        source: prelude + isMine + """
            if not isMine() then return 0 end
            redis.call('HSET', KEYS[2], ARGV[5], ARGV[3], 'h', ARGV[2] .. u48(now() + tonumber(ARGV[4])))
            return 1
            """)

    /// Gives it up. ARGV: epoch, owner, number. Reply: 1 if it was the caller's.
    static let end = RedisScript(
        name: "end-run",
        source: prelude + isMine + """
            if not isMine() then return 0 end
            return redis.call('HDEL', KEYS[2], 'h')
            """)

    /// Reply: the last number, owner or nothing, ms that its lease has left.
    static let look = RedisScript(
        name: "look-run",
        source: prelude + """
            local held, number = redis.call('HGET', KEYS[2], 'h'), redis.call('HGET', KEYS[2], 'n') or '0'
            if not held then return {tonumber(number), '', 0} end
            local left = n48(string.sub(held, 9)) - now()
            if left <= 0 then return {tonumber(number), '', 0} end
            return {tonumber(number), string.sub(held, 1, 8), left}
            """)
}
