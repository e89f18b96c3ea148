import Redis

/// The Lua over a shard's stock: KEYS the shard's epoch, its stock, its amounts at hand; ARGV[1] the epoch.
///
/// What the shard keeps of a gift g: `a<g>` packs at hand, `c<g>` credited from the pool, ever, `r<g>` put
/// out of its hands again, ever; of a lucky packet besides the amounts at hand (a list), and `y<g>` the last
/// amounts that were put out (4 bytes each).
enum ShardStockScripts {
    /// Credits what the pool has given and puts all that is at hand out of the shard's hands, once.
    ///
    /// ARGV: gift, drawn ever, rule (`-` fixed items), last block as the pool keeps it (empty: not known),
    /// given back ever as far as the pool has it. Reply: put out ever and the last amounts put out; or -1,
    /// where the last block is needed. Nothing new is put out until the pool has the last.
    static let recall = RedisScript(
        name: "recall",
        source: ScriptParts.shard + """
            local k, g, rule = KEYS[2], ARGV[2], ARGV[4]
            local row = redis.call('HMGET', k, 'a' .. g, 'c' .. g, 'r' .. g, 'y' .. g)
            local hand, credited = tonumber(row[1] or '0'), tonumber(row[2] or '0')
            local out, drawn = tonumber(row[3] or '0'), tonumber(ARGV[3])
            if drawn > credited then
                if rule ~= '-' then
                    if ARGV[5] == '' then return {-1, ''} end
                    local count = #ARGV[5] / 4 - 1
                    if struct.unpack('>I4', ARGV[5]) ~= credited or count ~= drawn - credited then
                        return redis.error_reply('ERR a block of stock is missing')
                    end
                    for at = 5, #ARGV[5], 4 do
                        redis.call('RPUSH', KEYS[3], string.sub(ARGV[5], at, at + 3))
                    end
                end
                hand = hand + drawn - credited
                redis.call('HSET', k, 'c' .. g, ARGV[3], 'a' .. g, string.format('%.0f', hand))
            end
            if out > tonumber(ARGV[6]) then return {out, row[4] or ''} end
            local take, amounts = hand, ''
            if rule ~= '-' and hand > 0 then
                local all = redis.call('LRANGE', KEYS[3], 0, hand - 1)
                take, amounts = #all, table.concat(all)
                redis.call('LTRIM', KEYS[3], take, -1)
            end
            if take <= 0 then return {out, row[4] or ''} end
            redis.call('HSET', k, 'a' .. g, string.format('%.0f', hand - take),
                'r' .. g, string.format('%.0f', out + take))
            if rule ~= '-' then redis.call('HSET', k, 'y' .. g, amounts) end
            return {out + take, amounts}
            """)

    /// A gift's account in the shard. ARGV: gift. Reply: at hand, credited ever, put out ever, units at hand,
    /// units of what was last put out.
    static let account = RedisScript(
        name: "shard-account",
        source: ScriptParts.shard + AmountLua.source + """
            local k, g, out = KEYS[2], ARGV[2], {}
            for _, field in ipairs({'a', 'c', 'r'}) do
                out[#out + 1] = tonumber(redis.call('HGET', k, field .. g) or '0')
            end
            out[#out + 1] = sum(table.concat(redis.call('LRANGE', KEYS[3], 0, -1)))
            out[#out + 1] = sum(redis.call('HGET', k, 'y' .. g) or '')
            return out
            """)
}
