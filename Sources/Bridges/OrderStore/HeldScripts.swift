import Orders
import Redis

/// The scripts over orders that wait for an operator's approval.
enum HeldScripts {
    private static let prelude = ScriptParts.shard + ScriptParts.states + ScriptParts.clock

    /// An operator approves. The last one who is needed releases the order: into the outbox with it.
    ///
    /// KEYS: epoch, held, outbox, states, bucket. ARGV: epoch, order, place of its state, coupon, operator,
    /// how many are needed. Reply: `0` released, and the claim record; `1` the first of two; `2` the same
    /// operator again; `3` not held, and the state.
    static let approve = RedisScript(
        name: "approve",
        source: prelude + """
            local id, state = ARGV[2], get(KEYS[4], ARGV[3])
            local entry, record = redis.call('HGET', KEYS[2], id), redis.call('HGET', KEYS[5], ARGV[4])
            if state ~= \(OrderState.held.rawValue) or not entry or not record
                or string.sub(record, 1, 8) ~= id then
                return {3, state}
            end
            if ARGV[6] == '2' then
                local first = string.sub(entry, 23)
                if first == ARGV[5] then return {2} end
                if first == '' then
                    redis.call('HSET', KEYS[2], id, entry .. ARGV[5])
                    return {1}
                end
            end
            set(KEYS[4], ARGV[3], \(OrderState.outbox.rawValue))
            redis.call('HDEL', KEYS[2], id)
            redis.call('HSET', KEYS[3], id, string.sub(entry, 1, 16) .. u48(now()))
            return {0, record}
            """)

    /// An operator refuses: the order is voided, its pack and amount come back to the shard's hand, and the
    /// coupon stays spent.
    ///
    /// KEYS: epoch, held, outbox, states, bucket, stock, amounts. ARGV: epoch, order, place of its state,
    /// coupon, `1` if its gift pack carries an amount. Reply: `0` refused; `1` not held, and the state.
    static let refuse = RedisScript(
        name: "refuse",
        source: prelude + """
            local id, state = ARGV[2], get(KEYS[4], ARGV[3])
            local record = redis.call('HGET', KEYS[5], ARGV[4])
            if state ~= \(OrderState.held.rawValue) or not record or string.sub(record, 1, 8) ~= id then
                return {1, state}
            end
            set(KEYS[4], ARGV[3], \(OrderState.voided.rawValue))
            redis.call('HDEL', KEYS[2], id)
            redis.call('HDEL', KEYS[3], id)
            local gift = struct.unpack('>I2', record, 10)
            redis.call('HINCRBY', KEYS[6], 'a' .. gift, 1)
            if ARGV[5] == '1' then redis.call('RPUSH', KEYS[7], string.sub(record, 30, 33)) end
            return {0}
            """)

    /// Counts one more order that an operator releases on a day, unless that were too many.
    ///
    /// KEYS: the campaign's epoch, ops. ARGV: epoch, field, most. Reply: 1 or 0.
    static let takeCap = RedisScript(
        name: "take-cap",
        source: ScriptParts.campaign + """
            if tonumber(redis.call('HGET', KEYS[2], ARGV[2]) or '0') >= tonumber(ARGV[3]) then return 0 end
            redis.call('HINCRBY', KEYS[2], ARGV[2], 1)
            return 1
            """)
}
