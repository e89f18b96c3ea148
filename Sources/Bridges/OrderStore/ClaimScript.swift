import Orders
import Redis

/// The script that accepts claims. What it does for a claim is one or two commands; everything else is
/// gathered and done once a batch, since a command called from Lua costs as much as what it does.
///
/// KEYS: epoch, outbox, stock, states of the first sequence, states of the last one, held, then the lists of
/// amounts at hand, then the bucket of each claim, then, where there are quotas, the quotas of each claim.
/// ARGV: epoch, lane, shard × 2^22, first sequence, outbox maximum, plan, piles, quotas, number of
/// credits; then for each credit: gift, drawn before its amounts, drawn ever, its pile, amounts (4 bytes
/// each); then `a<gift>` for each gift of the batch; then for each claim: coupon, and the record as it is if
/// every claim before it is accepted, which saves to put it together here.
///
/// Plan: two bytes a claim: flags (1: may be accepted, 2: to be held) and which of the batch's gifts. Piles:
/// two bytes for each gift of the batch: which of the lists of amounts, from 1, 0 for none. Quotas: empty, or
/// four numbers of 4 bytes: most a person, of one gift, a day, and the day's offset in minutes + 1440.
///
/// Reply: a string with one code a claim, in the order of the claims: `n` accepted, numbered from the first
/// sequence; `d` stored, `w` stored and still in the outbox; `m` looked up and not there; `p` `g` `y` beyond
/// the quota of the person, the gift, the day; `f` outbox full; `s` no stock at hand. Then the amounts drawn,
/// 4 bytes each, in the order of the accepted claims that carry one. Then the stored records.
enum ClaimScript {
    static let script = RedisScript(
        name: "claim",
        source: ScriptParts.shard + ScriptParts.clock + quotas + states + opening + deciding + writing)

    /// `quota(key, record, today)`: why not, or nil and the person's new counts.
    private static let quotas = """
        local perPerson, perGift, perDay, offset
        local function quota(key, record, today)
            local user, gift = string.sub(record, 22, 29), string.sub(record, 10, 11)
            local counts = redis.call('HGET', key, user)
            if not counts then return nil, user, struct.pack('>I2I2I2', 1, today, 1) .. gift .. '\\1' end
            local total, day, inDay = struct.unpack('>I2I2I2', counts)
            if total >= perPerson then return 'p' end
            local at, ofGift = #counts + 1, 0
            for i = 7, #counts, 3 do
                if string.sub(counts, i, i + 1) == gift then at, ofGift = i, string.byte(counts, i + 2) end
            end
            if ofGift >= perGift then return 'g' end
            if day ~= today then inDay = 0 end
            if inDay >= perDay then return 'y' end
            return nil, user, struct.pack('>I2I2I2', math.min(total + 1, 65535), today, inDay + 1)
                .. string.sub(counts, 7, at - 1) .. gift .. string.char(math.min(ofGift + 1, 255))
                .. string.sub(counts, at + 3)
        end

        """

    /// `write(key, place, from, to)`: the states of the accepted claims from, …, to, from that place on.
    /// Whole bytes are written as such; a half byte at either end leaves the other half as it is.
    private static let states = """
        local isHeld, outboxed, heldState = {}, \(OrderState.outbox.rawValue), \(OrderState.held.rawValue)
        local function state(i) return isHeld[i] and heldState or outboxed end
        local function write(key, place, from, to)
            local ends = {}
            if place % 2 == 1 then
                ends = {'SET', 'u4', '#' .. place, state(from)}
                place, from = place + 1, from + 1
            end
            if (to - from) % 2 == 0 then
                local n = #ends
                ends[n + 1], ends[n + 2] = 'SET', 'u4'
                ends[n + 3], ends[n + 4] = '#' .. (place + to - from), state(to)
                to = to - 1
            end
            if #ends > 0 then redis.call('BITFIELD', key, unpack(ends)) end
            if from > to then return end
            local bytes
            if next(isHeld) then
                bytes = {}
                for i = from, to, 2 do bytes[#bytes + 1] = string.char(state(i) * 16 + state(i + 1)) end
                bytes = table.concat(bytes)
            else
                bytes = string.rep(string.char(outboxed * 17), (to - from + 1) / 2)
            end
            redis.call('SETRANGE', key, place / 2, bytes)
        end

        """

    private static let opening = """
        local outbox, stock, held = KEYS[2], KEYS[3], KEYS[6]
        local lane, base, first = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
        local plan, piles, at = ARGV[6], ARGV[7], 10
        local count, gifts, seq = #plan / 2, #piles / 2, first
        local buckets, clock = #KEYS - count, now()
        local today, quotaKeys
        if ARGV[8] ~= '' then
            perPerson, perGift, perDay, offset = struct.unpack('>I4I4I4I4', ARGV[8])
            today = math.floor((clock + (offset - 1440) * 60000) / 86400000)
            buckets, quotaKeys = buckets - count, buckets
        end
        for _ = 1, tonumber(ARGV[9]) do
            local gift, before, drawn = ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
            local pile, units = tonumber(ARGV[at + 3]), ARGV[at + 4]
            local credited = tonumber(redis.call('HGET', stock, 'c' .. gift) or '0')
            if drawn > credited and (pile == 0 or credited >= before) then
                local push = {}
                for i = credited - before, #units / 4 - 1 do
                    push[#push + 1] = string.sub(units, i * 4 + 1, i * 4 + 4)
                end
                if pile > 0 then redis.call('RPUSH', KEYS[6 + pile], unpack(push)) end
                redis.call('HSET', stock, 'c' .. gift, drawn)
                redis.call('HINCRBY', stock, 'a' .. gift, drawn - credited)
            end
            at = at + 5
        end
        local room, pairs, waiting = tonumber(ARGV[5]) - redis.call('HLEN', outbox), {}, {}
        local function pile(g) return struct.unpack('>I2', piles, g + g - 1) end
        local names, hand, had, left, heaps = at - 1, {}, {}, {}, {}
        if gifts > 0 then hand = redis.call('HMGET', stock, unpack(ARGV, at, names + gifts)) end
        for g = 1, gifts do
            local n, pile = tonumber(hand[g] or '0'), pile(g)
            if pile > 0 then
                heaps[g] = n > 0 and redis.call('LRANGE', KEYS[6 + pile], 0, math.min(n, count) - 1) or {}
                left[g] = #heaps[g]
            else
                left[g] = n
            end
            hand[g], had[g] = n, left[g]
        end
        at = names + gifts + 1

        """

    private static let deciding = """
        local codes, amounts, records, stamp = {}, {}, {}, u48(clock)
        local call, sub, byte, pack = redis.call, string.sub, string.byte, struct.pack
        for i = 1, count do
            local flags, g = byte(plan, i + i - 1, i + i)
            g = g + 1
            local bucket, coupon, record = KEYS[buckets + i], ARGV[at], ARGV[at + 1]
            local code, stored, id, user, counts
            if flags % 2 == 0 then
                code = 'm'
            else
                if quotaKeys then code, user, counts = quota(KEYS[quotaKeys + i], record, today) end
                if not code then
                    if room <= 0 then code = 'f' elseif left[g] <= 0 then code = 's' end
                end
            end
            if code then
                stored = call('HGET', bucket, coupon)
            else
                if seq - first == i - 1 then
                    id = sub(record, 1, 8)
                else
                    id = pack('>I4I4', lane, base + seq)
                    record = id .. sub(record, 9)
                end
                local heap = heaps[g]
                if heap then
                    record = sub(record, 1, 29) .. heap[#heap - left[g] + 1] .. sub(record, 34)
                end
                if call('HSETNX', bucket, coupon, record) == 0 then
                    stored = call('HGET', bucket, coupon)
                end
            end
            if stored then
                local old, waits = sub(stored, 1, 8), false
                -- What this batch accepted is written to the outbox at its end.
                local ofLane, n = struct.unpack('>I4I4', old)
                if ofLane == lane then waits = n - base >= first and n - base < seq end
                waits = waits or call('HEXISTS', outbox, old) == 1
                code, records[#records + 1] = waits and 'w' or 'd', stored
            elseif not code then
                code = 'n'
                if user then call('HSET', KEYS[quotaKeys + i], user, counts) end
                if heaps[g] then amounts[#amounts + 1] = sub(record, 30, 33) end
                left[g], seq, room = left[g] - 1, seq + 1, room - 1
                local entry, n = coupon .. sub(record, 22, 29) .. stamp, 2 * (seq - first) - 2
                if flags >= 2 then
                    waiting[#waiting + 1], waiting[#waiting + 2] = id, entry
                    isHeld[seq - first], entry = true, entry .. 'h'
                end
                pairs[n + 1], pairs[n + 2] = id, entry
            end
            codes[i], at = code, at + 2
        end

        """

    private static let writing = """
        if seq > first then
            redis.call('HSET', outbox, unpack(pairs))
            if #waiting > 0 then redis.call('HSET', held, unpack(waiting)) end
            local place, border, n = first % 4096, 4096 - first % 4096, seq - first
            write(KEYS[4], place, 1, math.min(n, border))
            if n > border then write(KEYS[5], 0, border + 1, n) end
            local changed = {}
            for g = 1, gifts do
                local took = had[g] - left[g]
                if took > 0 then
                    local c = #changed
                    changed[c + 1], changed[c + 2] = ARGV[names + g], hand[g] - took
                    if heaps[g] then redis.call('LPOP', KEYS[6 + pile(g)], took) end
                end
            end
            redis.call('HSET', stock, unpack(changed))
        end
        table.insert(records, 1, table.concat(amounts))
        table.insert(records, 1, table.concat(codes))
        return records
        """
}
