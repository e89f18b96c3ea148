import Redis

/// The scripts over what belongs to a campaign as a whole (hash tag `{<campaign>}`), and the outbox's sweep.
package enum CampaignScripts {
    private static let clock = """
        local function now() local t = redis.call('TIME') return t[1] * 1000 + math.floor(t[2] / 1000) end
        local function u48(v) return struct.pack('>I2I4', math.floor(v / 4294967296), v % 4294967296) end
        local function n48(s) local hi, lo = struct.unpack('>I2I4', s) return hi * 4294967296 + lo end

        """

    /// Gives out a lane that was never given before.
    ///
    /// KEYS: lanes. ARGV: Redis's run, floor (empty: not known), owner, lease in ms. When the counter is
    /// missing or Redis has been restarted since, the counter may be old: it jumps beyond the floor, which
    /// the caller has from Kafka; without a floor the reply is -1 and nothing happens.
    package static let acquireLane = RedisScript(
        name: "acquire-lane",
        source: clock + """
            local next, floor = tonumber(redis.call('HGET', KEYS[1], 'next')), tonumber(ARGV[2])
            if not next or redis.call('HGET', KEYS[1], 'run') ~= ARGV[1] then
                if not floor then return -1 end
                next = math.max(next or 0, floor) + 65536
                redis.call('HSET', KEYS[1], 'run', ARGV[1])
            end
            next = next + 1
            local name = string.format('%.0f', next)
            redis.call('HSET', KEYS[1], 'next', name, 'l' .. name, ARGV[3] .. u48(now() + tonumber(ARGV[4])))
            return next
            """)

    /// Prolongs the leases of lanes that are still the owner's. KEYS: lanes. ARGV: owner, lease in ms, lanes.
    /// Reply: 1 or 0 a lane. A lease in ms of 0 gives the lane up.
    package static let renewLanes = RedisScript(
        name: "renew-lanes",
        source: clock + """
            local out = {}
            for at = 3, #ARGV do
                local field = 'l' .. ARGV[at]
                local entry = redis.call('HGET', KEYS[1], field)
                if entry and string.sub(entry, 1, 8) == ARGV[1] then
                    if tonumber(ARGV[2]) > 0 then
                        redis.call('HSET', KEYS[1], field, ARGV[1] .. u48(now() + tonumber(ARGV[2])))
                    else
                        redis.call('HDEL', KEYS[1], field)
                    end
                    out[#out + 1] = 1
                else
                    out[#out + 1] = 0
                end
            end
            return out
            """)

    /// The lanes whose lease has not ended, as text. KEYS: lanes. Leases that ended an hour ago are
    /// forgotten.
    package static let liveLanes = RedisScript(
        name: "live-lanes",
        source: clock + """
            local all, clock, out = redis.call('HGETALL', KEYS[1]), now(), {}
            for i = 1, #all, 2 do
                if string.sub(all[i], 1, 1) == 'l' then
                    local ends = n48(string.sub(all[i + 1], 9))
                    if ends > clock then
                        out[#out + 1] = string.sub(all[i], 2)
                    elseif ends + 3600000 < clock then
                        redis.call('HDEL', KEYS[1], all[i])
                    end
                end
            end
            return out
            """)

    /// Draws stock from the campaign's pool for a shard, under a cumulative counter: a repeat draws nothing
    /// more.
    ///
    /// KEYS: pool. ARGV: gift, shard, wanted, drawn ever as far as the caller has credited it. Reply: drawn
    /// ever.
    package static let draw = RedisScript(
        name: "draw",
        source: """
            local field = 'd' .. ARGV[1] .. ':' .. ARGV[2]
            local drawn = tonumber(redis.call('HGET', KEYS[1], field) or '0')
            if drawn > tonumber(ARGV[4]) then return drawn end
            local left = tonumber(redis.call('HGET', KEYS[1], 'l' .. ARGV[1]) or '0')
            local take = math.min(left, tonumber(ARGV[3]))
            if take > 0 then
                redis.call('HINCRBY', KEYS[1], 'l' .. ARGV[1], -take)
                drawn = redis.call('HINCRBY', KEYS[1], field, take)
            end
            return drawn
            """)

    /// Orders that have stood in a shard's outbox too long. KEYS: outbox. ARGV: age in ms, most. Reply: order
    /// ID + coupon + user, 24 bytes apiece.
    package static let overdue = RedisScript(
        name: "overdue",
        source: clock + """
            local all, before, out = redis.call('HGETALL', KEYS[1]), now() - tonumber(ARGV[1]), {}
            for i = 1, #all, 2 do
                if #out >= tonumber(ARGV[2]) then break end
                if n48(string.sub(all[i + 1], 17)) <= before then
                    out[#out + 1] = all[i] .. string.sub(all[i + 1], 1, 16)
                end
            end
            return out
            """)
}
