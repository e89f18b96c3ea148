import Orders
import Redis

/// The scripts over a shard's outbox.
enum OutboxScripts {
    /// Kafka has acknowledged: out of the outbox; acts only on the state `outbox`.
    ///
    /// KEYS: epoch, outbox, then states. ARGV: epoch, number of orders, the orders ascending, then for each
    /// string of states how many of them stand in it. A string's bytes are read and written once.
    static let confirm = RedisScript(
        name: "confirm",
        source: ScriptParts.shard + """
            local n, at, changed, byte = tonumber(ARGV[2]), 3, 0, string.byte
            redis.call('HDEL', KEYS[2], unpack(ARGV, 3, n + 2))
            for k = 3, #KEYS do
                local stop = at + tonumber(ARGV[n + k]) - 1
                local hi, lo = byte(ARGV[at], 7, 8)
                local from = math.floor((hi % 16 * 256 + lo) / 2)
                hi, lo = byte(ARGV[stop], 7, 8)
                local bytes = redis.call('GETRANGE', KEYS[k], from, math.floor((hi % 16 * 256 + lo) / 2))
                local cells, before = {byte(bytes, 1, -1)}, changed
                for i = at, stop do
                    hi, lo = byte(ARGV[i], 7, 8)
                    local half = lo % 2
                    local cell = (hi % 16 * 256 + lo - half) / 2 - from + 1
                    local old = cells[cell] or 0
                    if half == 0 then
                        if old - old % 16 == \(OrderState.outbox.rawValue * 16) then
                            cells[cell], changed = old + \(advance * 16), changed + 1
                        end
                    elseif old % 16 == \(OrderState.outbox.rawValue) then
                        cells[cell], changed = old + \(advance), changed + 1
                    end
                end
                if changed > before then
                    redis.call('SETRANGE', KEYS[k], from, string.char(unpack(cells)))
                end
                at = stop + 1
            end
            return changed
            """)

    /// From `outbox` to `queued`, as numbers.
    private static let advance = OrderState.queued.rawValue - OrderState.outbox.rawValue

    /// Kafka has acknowledged held orders' records: out of the outbox, unless they were approved meanwhile.
    /// KEYS: epoch, outbox. ARGV: epoch, orders. Reply: how many left.
    static let confirmHeld = RedisScript(
        name: "confirm-held",
        source: ScriptParts.shard + """
            local left = 0
            for at = 2, #ARGV do
                local entry = redis.call('HGET', KEYS[2], ARGV[at])
                if entry and string.sub(entry, 23) == 'h' then
                    left = left + redis.call('HDEL', KEYS[2], ARGV[at])
                end
            end
            return left
            """)

    /// Orders that have stood in a shard's outbox too long. KEYS: epoch, outbox. ARGV: epoch, age in ms,
    /// most. Reply: order ID + coupon + user, 24 bytes apiece, and `h` for a held one.
    static let overdue = RedisScript(
        name: "overdue",
        source: ScriptParts.shard + ScriptParts.clock + """
            local all, before, out = redis.call('HGETALL', KEYS[2]), now() - tonumber(ARGV[2]), {}
            for i = 1, #all, 2 do
                if #out >= tonumber(ARGV[3]) then break end
                if n48(string.sub(all[i + 1], 17, 22)) <= before then
                    out[#out + 1] = all[i] .. string.sub(all[i + 1], 1, 16) .. string.sub(all[i + 1], 23)
                end
            end
            return out
            """)
}
