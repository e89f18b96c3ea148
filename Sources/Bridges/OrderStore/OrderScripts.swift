import Orders
import Redis

/// The Lua that runs inside Redis: every change of a claim or of an order's state is one of these, so that it
/// happens whole or not at all. Keys are declared (a Redis Cluster needs that); numbers of 64 bits travel as
/// eight bytes, since Lua's own numbers hold only 53. Times are Redis's, so that no process's clock is
/// trusted.
package enum OrderScripts {
    private static let prelude = ScriptParts.shard + ScriptParts.states + ScriptParts.clock

    /// `T[event * 16 + state + 1]` = next state, generated from ``OrderState/after(_:)``.
    private static let transitions: String = {
        var text = "local T = {}\n"
        for event in OrderEvent.allCases {
            for state in OrderState.allCases {
                guard let next = state.after(event) else { continue }
                text += "T[\(event.rawValue * 16 + state.rawValue + 1)] = \(next.rawValue)\n"
            }
        }
        return text
    }()

    /// Puts orders in flight, if they are where they should be: the state's compare-and-set and the second
    /// gate.
    ///
    /// An order that binds a free coupon (its claim was lost with Redis's last second) takes its pack out of
    /// the stock at hand, which may go below zero: the next draws fill it.
    ///
    /// KEYS: epoch, attempts, outbox, stock, then states, buckets, lists of amounts. ARGV: epoch, owner, life
    /// of the attempt in ms, then for each order: order ID, index of its states, place, index of its bucket,
    /// coupon, whole claim record, index of its gift's amounts, attempt, mode (`r` may be sent again although
    /// the last attempt is unknown, `-` not). Reply: code and detail a piece, see ``AttemptDecision``.
    package static let begin = RedisScript(
        name: "begin",
        source: prelude + """
            local owner, life, clock, out = ARGV[2], tonumber(ARGV[3]), now(), {}
            for at = 4, #ARGV, 9 do
                local id, key, i = ARGV[at], KEYS[tonumber(ARGV[at + 1])], ARGV[at + 2]
                local bucket, coupon, n = KEYS[tonumber(ARGV[at + 3])], ARGV[at + 4], tonumber(ARGV[at + 7])
                local code, detail, state = 0, 0, get(key, i)
                local made, deadline, holder = 0, 0, ''
                local entry = redis.call('HGET', KEYS[2], id)
                if entry then
                    made = struct.unpack('>I2', entry)
                    deadline, holder = n48(string.sub(entry, 11)), string.sub(entry, 3, 10)
                end
                local bound = redis.call('HGET', bucket, coupon)
                if not bound and state ~= \(OrderState.voided.rawValue) then
                    local record = ARGV[at + 5]
                    redis.call('HSET', bucket, coupon, record)
                    local gift = struct.unpack('>I2', record, 10)
                    redis.call('HINCRBY', KEYS[4], 'a' .. gift, -1)
                    redis.call('LREM', KEYS[tonumber(ARGV[at + 6])], 1, string.sub(record, 30, 33))
                elseif bound and string.sub(bound, 1, 8) ~= id and state <= 3 then
                    set(key, i, \(OrderState.voided.rawValue))
                    redis.call('HDEL', KEYS[3], id)
                    code = 3
                end
                if code == 0 then
                    if state >= 8 then
                        code, detail = 1, state
                    elseif state == \(OrderState.held.rawValue) or state == \(OrderState.parked.rawValue) then
                        code, detail = 6, state
                    elseif state == \(OrderState.inFlight.rawValue) and holder == owner and made == n then
                        -- Asked again for an answer that was lost: still the caller's, nothing was sent.
                        redis.call('HSET', KEYS[2], id, struct.pack('>I2', n) .. owner .. u48(clock + life))
                    elseif state == \(OrderState.inFlight.rawValue) and deadline > clock then
                        code, detail = 2, deadline - clock
                    elseif state == \(OrderState.inFlight.rawValue) then
                        set(key, i, \(OrderState.unknown.rawValue))
                        redis.call('HSET', KEYS[2], id, struct.pack('>I2', made) .. string.rep('\\0', 14))
                        code, detail = 5, made
                    elseif state == \(OrderState.unknown.rawValue) and ARGV[at + 8] ~= 'r' then
                        code, detail = 5, made
                    elseif n ~= made + 1 then
                        code, detail = 4, made
                    else
                        set(key, i, \(OrderState.inFlight.rawValue))
                        redis.call('HSET', KEYS[2], id, struct.pack('>I2', n) .. owner .. u48(clock + life))
                        redis.call('HDEL', KEYS[3], id)
                    end
                end
                out[#out + 1] = code
                out[#out + 1] = detail
            end
            return out
            """)

    /// Moves orders by their events where the table allows it.
    ///
    /// KEYS: epoch, attempts, outbox, then states. ARGV: epoch, then for each order: order ID, index of its
    /// states, place, event, attempt. An order in flight at another attempt, or unknown after a later one, is
    /// left alone, except by a grant, which is a fact: that an earlier attempt was not granted, told late by
    /// an owner that stood still, says nothing of a later one. Reply: 1 or 0 (changed), and the state in
    /// which the order stands now.
    package static let settle = RedisScript(
        name: "settle",
        source: prelude + transitions + """
            local out = {}
            for at = 2, #ARGV, 5 do
                local id, key, i = ARGV[at], KEYS[tonumber(ARGV[at + 1])], ARGV[at + 2]
                local event, attempt = tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4])
                local state, made = get(key, i), 0
                local entry = redis.call('HGET', KEYS[2], id)
                if entry then made = struct.unpack('>I2', entry) end
                local next = T[event * 16 + state + 1]
                local stale = (state == \(OrderState.inFlight.rawValue) and made ~= attempt)
                    or (state == \(OrderState.unknown.rawValue) and made > attempt)
                if next and (not stale or event == \(OrderEvent.granted.rawValue)) then
                    set(key, i, next)
                    if next >= 8 then
                        redis.call('HDEL', KEYS[2], id)
                        redis.call('HDEL', KEYS[3], id)
                    elseif attempt > 0 or made > 0 then
                        local n = math.max(made, attempt)
                        redis.call('HSET', KEYS[2], id, struct.pack('>I2', n) .. string.rep('\\0', 14))
                    end
                    out[#out + 1], out[#out + 2] = 1, next
                else
                    out[#out + 1], out[#out + 2] = 0, state
                end
            end
            return out
            """)
}
