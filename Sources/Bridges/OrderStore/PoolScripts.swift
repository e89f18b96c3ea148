import Redis

/// The Lua over the campaign's pool of stock: KEYS[1] the campaign's epoch, KEYS[2] the pool, ARGV[1] the
/// epoch.
///
/// What the pool keeps, for a gift g and a shard s: `t<g>` packs there are, `l<g>` packs left in the pool,
/// `d<g>:<s>` drawn by the shard, ever, `q<g>:<s>` given back by it, ever, `v` a version that grows whenever
/// stock comes into the pool from elsewhere, `x<act>` acts that were applied. Of a lucky packet besides:
/// `w<g>` units there are, `u<g>` units left in the pool, `b<g>:<s>` the last block that the shard drew (u32
/// of what had been drawn before, then u32 each), and of one that was split at the opening `s<g>` its seed
/// and `p<g>` the place of the next amount in the string that holds them.
enum PoolScripts {
    /// Fills the pool, where it is not filled yet, while the campaign is opened for the first time.
    ///
    /// ARGV: of each gift: slot, packs, units (empty: fixed items), seed (empty: not split).
    /// Reply: of each gift that is split, slot and seed, where its amounts are not all there yet.
    static let open = RedisScript(
        name: "open-pool",
        source: """
            local state, pool, out = redis.call('HGET', KEYS[1], 'state'), KEYS[2], {}
            if state == 'open' then return out end
            if state and state ~= 'fresh' then return redis.error_reply('EPOCH the run has changed') end
            redis.call('HSETNX', pool, 'v', '1')
            for at = 2, #ARGV, 4 do
                local g, packs, units, seed = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
                redis.call('HSETNX', pool, 't' .. g, packs)
                redis.call('HSETNX', pool, 'l' .. g, packs)
                if units ~= '' then
                    redis.call('HSETNX', pool, 'w' .. g, units)
                    redis.call('HSETNX', pool, 'u' .. g, units)
                end
                if seed ~= '' and redis.call('HEXISTS', pool, 'p' .. g) == 0 then
                    redis.call('HSETNX', pool, 's' .. g, seed)
                    out[#out + 1] = g
                    out[#out + 1] = redis.call('HGET', pool, 's' .. g)
                end
            end
            return out
            """)

    /// Writes a part of the amounts of a gift that is split beforehand; the last part makes them usable, and
    /// from then on nothing is written any more.
    ///
    /// KEYS[3]: the amounts. ARGV: gift, seed of the split, first byte, amounts, `1` with the last part.
    static let fillSplit = RedisScript(
        name: "fill-split",
        source: """
            local g = ARGV[2]
            if redis.call('HEXISTS', KEYS[2], 'p' .. g) == 1 then return 0 end
            if redis.call('HGET', KEYS[2], 's' .. g) ~= ARGV[3] then return 0 end
            if #ARGV[5] > 0 then redis.call('SETRANGE', KEYS[3], ARGV[4], ARGV[5]) end
            if ARGV[6] == '1' then redis.call('HSET', KEYS[2], 'p' .. g, '0') end
            return 1
            """)

    /// Draws stock for a shard, under a cumulative counter: a repeat draws nothing more.
    ///
    /// KEYS[3]: amounts split beforehand. ARGV: gift, shard, packs that are asked for, drawn ever as far as
    /// the shard has surely been told, divisor and maximum of what is drawn beside, rule (`-` fixed items,
    /// `d`, `r`, `p`), random bytes. Reply: drawn ever, left, version, last block.
    ///
    /// As the pool empties blocks shrink to what is asked for: what is drawn beside is left ÷ divisor.
    static let draw = RedisScript(
        name: "draw",
        source: ScriptParts.campaign + AmountLua.source + """
            local pool, g, place = KEYS[2], ARGV[2], ARGV[2] .. ':' .. ARGV[3]
            local row = redis.call('HMGET', pool, 'l' .. g, 'd' .. place, 'v', 'b' .. place, 'u' .. g)
            local left, drawn = tonumber(row[1] or '0'), tonumber(row[2] or '0')
            local version = tonumber(row[3] or '0')
            if drawn > tonumber(ARGV[5]) then return {drawn, left, version, row[4] or ''} end
            local wanted = tonumber(ARGV[4])
            if wanted > 0 then
                wanted = wanted + math.min(tonumber(ARGV[7]), math.floor(left / tonumber(ARGV[6])))
            end
            local take, rule = math.min(left, wanted), ARGV[8]
            if take <= 0 then return {drawn, left, version, row[4] or ''} end
            local block = ''
            if rule ~= '-' then
                local units, amounts = tonumber(row[5] or '0'), nil
                if rule == 'p' then
                    local p = redis.call('HGET', pool, 'p' .. g)
                    if not p then return redis.error_reply('ERR the amounts are not there') end
                    amounts = redis.call('GETRANGE', KEYS[3], p * 4, (p + take) * 4 - 1)
                    if #amounts ~= take * 4 then return redis.error_reply('ERR amounts are missing') end
                    units = units - sum(amounts)
                    redis.call('HINCRBY', pool, 'p' .. g, take)
                else
                    amounts, units = amountsOf(rule, units, left, take, ARGV[9])
                end
                block = struct.pack('>I4', drawn) .. amounts
                redis.call('HSET', pool, 'b' .. place, block, 'u' .. g, string.format('%.0f', units))
            end
            redis.call('HSET', pool, 'l' .. g, string.format('%.0f', left - take),
                'd' .. place, string.format('%.0f', drawn + take))
            return {drawn + take, left - take, version, block}
            """)

    /// What shards have drawn and given back, ever. ARGV: gift, shards. Reply: left, version, then drawn and
    /// given back of each shard.
    static let view = RedisScript(
        name: "view-pool",
        source: ScriptParts.campaign + """
            local fields = {'l' .. ARGV[2], 'v'}
            for s = 0, tonumber(ARGV[3]) - 1 do
                fields[#fields + 1] = 'd' .. ARGV[2] .. ':' .. s
                fields[#fields + 1] = 'q' .. ARGV[2] .. ':' .. s
            end
            local row = redis.call('HMGET', KEYS[2], unpack(fields))
            for i = 1, #fields do row[i] = tonumber(row[i] or '0') end
            return row
            """)

    /// Takes back what a shard has put out of its hands, once however often it is told.
    ///
    /// KEYS[3]: amounts split beforehand. ARGV: gift, shard, given back ever, rule, amounts of the last
    /// block. Reply: packs that came into the pool now.
    static let giveBack = RedisScript(
        name: "give-back",
        source: ScriptParts.campaign + AmountLua.source + """
            local pool, g, field = KEYS[2], ARGV[2], 'q' .. ARGV[2] .. ':' .. ARGV[3]
            local packs = tonumber(ARGV[4]) - tonumber(redis.call('HGET', pool, field) or '0')
            if packs <= 0 then return 0 end
            redis.call('HSET', pool, field, ARGV[4])
            redis.call('HINCRBY', pool, 'l' .. g, packs)
            redis.call('HINCRBY', pool, 'v', 1)
            if ARGV[5] ~= '-' then redis.call('HINCRBY', pool, 'u' .. g, sum(ARGV[6])) end
            if ARGV[5] == 'p' then
                local p = redis.call('HINCRBY', pool, 'p' .. g, -(#ARGV[6] / 4))
                redis.call('SETRANGE', KEYS[3], p * 4, ARGV[6])
            end
            return packs
            """)

    /// Adds stock by an operator's act, once however often it is told.
    ///
    /// KEYS[3]: amounts split beforehand. ARGV: gift, act, packs, units, rule, amounts of the new packs (rule
    /// `p`). Reply: 1 added, 0 added before, -1 another act of that name; packs there are, packs left, units.
    static let add = RedisScript(
        name: "add-stock",
        source: ScriptParts.campaign + """
            local pool, g, act = KEYS[2], ARGV[2], 'x' .. ARGV[3]
            local what, known = g .. ':' .. ARGV[4] .. ':' .. ARGV[5], redis.call('HGET', KEYS[2], act)
            local answer = 1
            if known then
                answer = known == what and 0 or -1
            else
                redis.call('HSET', pool, act, what)
                redis.call('HINCRBY', pool, 't' .. g, ARGV[4])
                redis.call('HINCRBY', pool, 'l' .. g, ARGV[4])
                redis.call('HINCRBY', pool, 'v', 1)
                if ARGV[6] ~= '-' then
                    redis.call('HINCRBY', pool, 'w' .. g, ARGV[5])
                    redis.call('HINCRBY', pool, 'u' .. g, ARGV[5])
                end
                if ARGV[6] == 'p' then redis.call('APPEND', KEYS[3], ARGV[7]) end
            end
            local row = redis.call('HMGET', pool, 't' .. g, 'l' .. g, 'w' .. g)
            return {answer, tonumber(row[1] or '0'), tonumber(row[2] or '0'), tonumber(row[3] or '0')}
            """)

    /// What a gift has, and what an act added. ARGV: gift, act. Reply: packs there are, packs left, units,
    /// the act as it is remembered.
    static let look = RedisScript(
        name: "look-stock",
        source: ScriptParts.campaign + """
            local g = ARGV[2]
            local row = redis.call('HMGET', KEYS[2], 't' .. g, 'l' .. g, 'w' .. g, 'x' .. ARGV[3])
            for i = 1, 3 do row[i] = tonumber(row[i] or '0') end
            row[4] = row[4] or ''
            return row
            """)

    /// The pool's version. With an argument behind the epoch it grows first: stock has come back to a shard's
    /// hand, and whoever holds the gift for sold out must look again.
    static let version = RedisScript(
        name: "pool-version",
        source: ScriptParts.campaign + """
            if ARGV[2] then return redis.call('HINCRBY', KEYS[2], 'v', 1) end
            return tonumber(redis.call('HGET', KEYS[2], 'v') or '0')
            """)

    /// A gift's account in the pool; units where it is a lucky packet. ARGV: gift, shards. Reply: packs there
    /// are, packs left, units there are, units left, then of each shard: drawn, given back, units of its last
    /// block and what had been drawn before that.
    static let account = RedisScript(
        name: "pool-account",
        source: ScriptParts.campaign + AmountLua.source + """
            local pool, g, out = KEYS[2], ARGV[2], {}
            for _, field in ipairs({'t', 'l', 'w', 'u'}) do
                out[#out + 1] = tonumber(redis.call('HGET', pool, field .. g) or '0')
            end
            for s = 0, tonumber(ARGV[3]) - 1 do
                local place = g .. ':' .. s
                local row = redis.call('HMGET', pool, 'd' .. place, 'q' .. place, 'b' .. place)
                out[#out + 1] = tonumber(row[1] or '0')
                out[#out + 1] = tonumber(row[2] or '0')
                out[#out + 1] = row[3] and sum(string.sub(row[3], 5)) or 0
                out[#out + 1] = row[3] and struct.unpack('>I4', row[3]) or 0
            end
            return out
            """)
}
