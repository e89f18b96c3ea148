import Redis

/// The script over `{c}:lend`, the board on which deliverers tell each other what they lend of their shares.
///
/// A field is a deliverer's number (8 bytes); it holds when it was written by Redis's clock (u48, ms), the
/// call's sequence (8 bytes, big endian, so that they compare as bytes do), and an entry that only deliverers
/// read. Redis's clock decides when somebody silent is forgotten, and nothing else.
enum LendScript {
    /// Writes the caller's entry and reads the others'.
    ///
    /// KEYS: the campaign's epoch, lend, control. ARGV: epoch, instance, sequence (8 bytes), entry, most
    /// entries, ms after which a silent one is forgotten. Reply: the control's version, then instance and
    /// entry of each other one. `OLD`: a call of the same or a later sequence came before, nothing was
    /// written. `FULL`: too many live.
    static let lend = RedisScript(
        name: "lend",
        source: ScriptParts.campaign + ScriptParts.clock + """
            local all, clock = redis.call('HGETALL', KEYS[2]), now()
            local out, count = {tonumber(redis.call('HGET', KEYS[3], 'v') or '0')}, 0
            for i = 1, #all, 2 do
                local held = all[i + 1]
                if all[i] == ARGV[2] then
                    -- Not `<`, which follows the server's locale.
                    for at = 1, 8 do
                        local x, y = string.byte(held, 6 + at), string.byte(ARGV[3], at)
                        if x > y or (x == y and at == 8) then
                            return redis.error_reply('OLD a later call came before')
                        end
                        if x < y then break end
                    end
                elseif math.abs(clock - n48(string.sub(held, 1, 6))) > tonumber(ARGV[6]) then
                    redis.call('HDEL', KEYS[2], all[i])
                else
                    count = count + 1
                    out[#out + 1] = all[i]
                    out[#out + 1] = string.sub(held, 15)
                end
            end
            if count >= tonumber(ARGV[5]) then return redis.error_reply('FULL too many deliverers') end
            redis.call('HSET', KEYS[2], ARGV[2], u48(clock) .. ARGV[3] .. ARGV[4])
            return out
            """)
}
