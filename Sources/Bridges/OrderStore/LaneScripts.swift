import Redis

/// The scripts over lanes: which are given out, to whom, until when. KEYS: the campaign's epoch, lanes.
/// ARGV[1]: the epoch.
enum LaneScripts {
    private static let prelude = ScriptParts.campaign + ScriptParts.clock

    /// Gives out a lane that was never given before. ARGV: owner, lease in ms. Reply: the lane.
    ///
    /// The counter is set when an epoch is opened, beyond all lanes that Redis and Kafka know of; without it
    /// the run is none.
    static let acquire = RedisScript(
        name: "acquire-lane",
        source: prelude + """
            local next = tonumber(redis.call('HGET', KEYS[2], 'next'))
            if not next then return redis.error_reply('EPOCH the lane counter is missing') end
            next = next + 1
            local name = string.format('%.0f', next)
            redis.call('HSET', KEYS[2], 'next', name, 'l' .. name, ARGV[2] .. u48(now() + tonumber(ARGV[3])))
            return next
            """)

    /// Prolongs the leases of lanes that are still the owner's. ARGV: owner, lease in ms, lanes. Reply: 1 or
    /// 0 a lane. A lease in ms of 0 gives the lane up.
    static let renew = RedisScript(
        name: "renew-lanes",
        source: prelude + """
            local out = {}
            for at = 4, #ARGV do
                local field = 'l' .. ARGV[at]
                local entry = redis.call('HGET', KEYS[2], field)
                if entry and string.sub(entry, 1, 8) == ARGV[2] then
                    if tonumber(ARGV[3]) > 0 then
                        redis.call('HSET', KEYS[2], field, ARGV[2] .. u48(now() + tonumber(ARGV[3])))
                    else
                        redis.call('HDEL', KEYS[2], field)
                    end
                    out[#out + 1] = 1
                else
                    out[#out + 1] = 0
                end
            end
            return out
            """)

    /// The lanes whose lease has not ended, as text. Leases that ended an hour ago are forgotten.
    static let living = RedisScript(
        name: "live-lanes",
        source: prelude + """
            local all, clock, out = redis.call('HGETALL', KEYS[2]), now(), {}
            for i = 1, #all, 2 do
                if string.sub(all[i], 1, 1) == 'l' then
                    local ends = n48(string.sub(all[i + 1], 9))
                    if ends > clock then
                        out[#out + 1] = string.sub(all[i], 2)
                    elseif ends + 3600000 < clock then
                        redis.call('HDEL', KEYS[2], all[i])
                    end
                end
            end
            return out
            """)
}
