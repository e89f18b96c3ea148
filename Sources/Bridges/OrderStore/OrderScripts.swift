import Orders
import Redis

/// The Lua that runs inside Redis: every change of a claim or of an order's state is one of these, so that it
/// happens whole or not at all. Keys are declared (a Redis Cluster needs that); numbers of 64 bits travel as
/// eight bytes, since Lua's own numbers hold only 53. Times are Redis's, so that no process's clock is
/// trusted.
package enum OrderScripts {
    /// Reads and writes an order's four bits; milliseconds of Redis's clock; 48-bit packing.
    private static let prelude = """
        local function get(key, i) return redis.call('BITFIELD', key, 'GET', 'u4', '#' .. i)[1] end
        local function set(key, i, v) redis.call('BITFIELD', key, 'SET', 'u4', '#' .. i, v) end
        local function now() local t = redis.call('TIME') return t[1] * 1000 + math.floor(t[2] / 1000) end
        local function u48(v) return struct.pack('>I2I4', math.floor(v / 4294967296), v % 4294967296) end
        local function n48(s) local hi, lo = struct.unpack('>I2I4', s) return hi * 4294967296 + lo end

        """

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

    /// Decides a batch of claims of one shard.
    ///
    /// KEYS: outbox, stock, states of the first sequence, states of the last one, then the buckets.
    /// ARGV: lane, shard, first sequence, outbox maximum, credits, (gift, drawn ever)…, then for each claim:
    /// index of its bucket among KEYS, coupon, gift, record body, mode (`c` claim, `l` look up only).
    /// Reply, one string a claim: `n` + order ID; `d` or, while it stands in the outbox, `w` + the stored
    /// record;
    /// `s` no stock at hand; `f` outbox full; `m` looked up and not there.
    package static let claim = RedisScript(
        name: "claim",
        source: prelude + """
            local lane, shard, seq = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
            local room = tonumber(ARGV[4]) - redis.call('HLEN', KEYS[1])
            local chunk, at, stamp = math.floor(seq / 4096), 6, u48(now())
            for _ = 1, tonumber(ARGV[5]) do
                local gift, drawn = ARGV[at], tonumber(ARGV[at + 1])
                local credited = tonumber(redis.call('HGET', KEYS[2], 'c' .. gift) or '0')
                if drawn > credited then
                    redis.call('HSET', KEYS[2], 'c' .. gift, drawn)
                    redis.call('HINCRBY', KEYS[2], 'a' .. gift, drawn - credited)
                end
                at = at + 2
            end
            local out = {}
            while at <= #ARGV do
                local bucket, coupon = KEYS[tonumber(ARGV[at])], ARGV[at + 1]
                local gift, body = ARGV[at + 2], ARGV[at + 3]
                local stored = redis.call('HGET', bucket, coupon)
                local answer
                if stored then
                    local waits = redis.call('HEXISTS', KEYS[1], string.sub(stored, 1, 8)) == 1
                    answer = (waits and 'w' or 'd') .. stored
                elseif ARGV[at + 4] == 'l' then
                    answer = 'm'
                elseif room <= 0 then
                    answer = 'f'
                elseif tonumber(redis.call('HGET', KEYS[2], 'a' .. gift) or '0') <= 0 then
                    answer = 's'
                else
                    local id = struct.pack('>I4I4', lane, shard * 4194304 + seq)
                    redis.call('HINCRBY', KEYS[2], 'a' .. gift, -1)
                    redis.call('HSET', bucket, coupon, id .. body)
                    redis.call('HSET', KEYS[1], id, coupon .. string.sub(body, 14, 21) .. stamp)
                    local key = math.floor(seq / 4096) == chunk and KEYS[3] or KEYS[4]
                    set(key, seq % 4096, \(OrderState.outbox.rawValue))
                    seq, room, answer = seq + 1, room - 1, 'n' .. id
                end
                out[#out + 1] = answer
                at = at + 5
            end
            return out
            """)

    /// Kafka has acknowledged: out of the outbox; acts only on the state `outbox`.
    ///
    /// KEYS: outbox, then states. ARGV for each order: order ID, index of its states among KEYS, place in it.
    package static let confirm = RedisScript(
        name: "confirm",
        source: prelude + """
            local changed = 0
            for at = 1, #ARGV, 3 do
                local key, i = KEYS[tonumber(ARGV[at + 1])], ARGV[at + 2]
                redis.call('HDEL', KEYS[1], ARGV[at])
                if get(key, i) == \(OrderState.outbox.rawValue) then
                    set(key, i, \(OrderState.queued.rawValue))
                    changed = changed + 1
                end
            end
            return changed
            """)

    /// Puts orders in flight, if they are where they should be: the state's compare-and-set and the second
    /// gate.
    ///
    /// KEYS: attempts, outbox, then states and buckets. ARGV: owner, life of the attempt in ms, then for each
    /// order: order ID, index of its states, place, index of its bucket, coupon, whole claim record, attempt,
    /// mode (`r` may be sent again although the last attempt is unknown, `-` not). Reply: code and detail a
    /// piece, see
    /// ``AttemptDecision``.
    package static let begin = RedisScript(
        name: "begin",
        source: prelude + """
            local owner, life, clock, out = ARGV[1], tonumber(ARGV[2]), now(), {}
            for at = 3, #ARGV, 8 do
                local id, key, i = ARGV[at], KEYS[tonumber(ARGV[at + 1])], ARGV[at + 2]
                local bucket, coupon, n = KEYS[tonumber(ARGV[at + 3])], ARGV[at + 4], tonumber(ARGV[at + 6])
                local code, detail, state = 0, 0, get(key, i)
                local made, deadline, holder = 0, 0, ''
                local entry = redis.call('HGET', KEYS[1], id)
                if entry then
                    made = struct.unpack('>I2', entry)
                    deadline, holder = n48(string.sub(entry, 11)), string.sub(entry, 3, 10)
                end
                local bound = redis.call('HGET', bucket, coupon)
                if not bound then
                    redis.call('HSET', bucket, coupon, ARGV[at + 5])
                elseif string.sub(bound, 1, 8) ~= id and state <= 3 then
                    set(key, i, \(OrderState.voided.rawValue))
                    redis.call('HDEL', KEYS[2], id)
                    code = 3
                end
                if code == 0 then
                    if state >= 8 then
                        code, detail = 1, state
                    elseif state == \(OrderState.held.rawValue) or state == \(OrderState.parked.rawValue) then
                        code, detail = 6, state
                    elseif state == \(OrderState.inFlight.rawValue) and holder == owner and made == n then
                        -- Asked again for an answer that was lost: still the caller's, nothing was sent.
                        redis.call('HSET', KEYS[1], id, struct.pack('>I2', n) .. owner .. u48(clock + life))
                    elseif state == \(OrderState.inFlight.rawValue) and deadline > clock then
                        code, detail = 2, deadline - clock
                    elseif state == \(OrderState.inFlight.rawValue) then
                        set(key, i, \(OrderState.unknown.rawValue))
                        redis.call('HSET', KEYS[1], id, struct.pack('>I2', made) .. string.rep('\\0', 14))
                        code, detail = 5, made
                    elseif state == \(OrderState.unknown.rawValue) and ARGV[at + 7] ~= 'r' then
                        code, detail = 5, made
                    elseif n ~= made + 1 then
                        code, detail = 4, made
                    else
                        set(key, i, \(OrderState.inFlight.rawValue))
                        redis.call('HSET', KEYS[1], id, struct.pack('>I2', n) .. owner .. u48(clock + life))
                        redis.call('HDEL', KEYS[2], id)
                    end
                end
                out[#out + 1] = code
                out[#out + 1] = detail
            end
            return out
            """)

    /// Moves orders by their events where the table allows it.
    ///
    /// KEYS: attempts, outbox, then states. ARGV for each order: order ID, index of its states, place, event,
    /// attempt. An order in flight at another attempt is left alone, except by a grant, which is a fact.
    /// Reply: 1 or 0 (changed), and the state in which the order stands now.
    package static let settle = RedisScript(
        name: "settle",
        source: prelude + transitions + """
            local out = {}
            for at = 1, #ARGV, 5 do
                local id, key, i = ARGV[at], KEYS[tonumber(ARGV[at + 1])], ARGV[at + 2]
                local event, attempt = tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4])
                local state, made = get(key, i), 0
                local entry = redis.call('HGET', KEYS[1], id)
                if entry then made = struct.unpack('>I2', entry) end
                local next = T[event * 16 + state + 1]
                local stale = state == \(OrderState.inFlight.rawValue) and made ~= attempt
                if next and (not stale or event == \(OrderEvent.granted.rawValue)) then
                    set(key, i, next)
                    if next >= 8 then
                        redis.call('HDEL', KEYS[1], id)
                        redis.call('HDEL', KEYS[2], id)
                    elseif attempt > 0 or made > 0 then
                        local n = math.max(made, attempt)
                        redis.call('HSET', KEYS[1], id, struct.pack('>I2', n) .. string.rep('\\0', 14))
                    end
                    out[#out + 1], out[#out + 2] = 1, next
                else
                    out[#out + 1], out[#out + 2] = 0, state
                end
            end
            return out
            """)
}
