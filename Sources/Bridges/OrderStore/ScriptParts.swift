/// Pieces of Lua that several scripts begin with.
enum ScriptParts {
    /// The run, first of all in every script over a shard. KEYS[1]: the shard's epoch. ARGV[1]: the epoch.
    static let shard = """
        if redis.call('GET', KEYS[1]) ~= ARGV[1] then
            return redis.error_reply('EPOCH the run has changed')
        end

        """

    /// The run, first of all in every script over the campaign as a whole. KEYS[1]: the campaign's epoch.
    /// ARGV[1]: the epoch.
    static let campaign = """
        local standing = redis.call('HMGET', KEYS[1], 'epoch', 'state')
        if standing[1] ~= ARGV[1] or standing[2] ~= 'open' then
            return redis.error_reply('EPOCH the run has changed')
        end

        """

    /// `now()`: milliseconds of Redis's clock; `u48(v)`, `n48(s)`: such a time as six bytes.
    static let clock = """
        local function now() local t = redis.call('TIME') return t[1] * 1000 + math.floor(t[2] / 1000) end
        local function u48(v) return struct.pack('>I2I4', math.floor(v / 4294967296), v % 4294967296) end
        local function n48(s) local hi, lo = struct.unpack('>I2I4', s) return hi * 4294967296 + lo end

        """

    /// `get(key, place)`, `set(key, place, state)`: an order's four bits.
    static let states = """
        local function get(key, i) return redis.call('BITFIELD', key, 'GET', 'u4', '#' .. i)[1] end
        local function set(key, i, v) redis.call('BITFIELD', key, 'SET', 'u4', '#' .. i, v) end

        """
}
