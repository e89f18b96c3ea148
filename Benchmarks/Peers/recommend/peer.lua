-- The peer of "every profile from Redis": the same two-level list in nginx with LuaJIT, as fast as it will go.
--
-- Like Recommend it verifies the ticket (HS256, by libcrypto over the FFI), reads the person from Redis over a
-- connection of nginx's pool, judges every gift pack by registration and audience, scores it by the cosine of 32
-- dimensions, popularity and freshness, orders it within its level, lets no more neighbours of a game stand than the
-- campaign says, and puts the answer together from parts that were rendered beforehand.
--
-- What is made easier for it than for Recommend: the person's record is a packed structure that LuaJIT reads in
-- place; its vector is a unit vector of floats already; the person's roles stand in it as JSON. It looks neither at
-- the stock nor at what is too old, and it counts no metrics.

local ffi = require "ffi"
local redis = require "nginx.redis"
local base64 = require "ngx.base64"
local new_tab = require "table.new"

ffi.cdef [[
const void *EVP_sha256(void);
unsigned char *HMAC(const void *md, const void *key, int key_len, const unsigned char *d, size_t n,
                    unsigned char *out, unsigned int *out_len);
]]

local _M = {}

local find, sub, byte, concat = string.find, string.sub, string.byte, table.concat
local exp2 = function(x) return 2 ^ x end
local tonumber = tonumber
local float_p = ffi.typeof("const float *")
local u32_p = ffi.typeof("const uint32_t *")
local u16_p = ffi.typeof("const uint16_t *")

local plan, redis_port, secret
local gifts, games, dimensions          -- counts
local features                          -- float[gifts * dimensions], unit vectors, times half the weight
local game_of, audience_of              -- uint8_t[gifts]
local popularity, fresh_at              -- double[gifts]
local common                            -- double[gifts], the part of the score that is everybody's
local common_at = 0
local has_features
-- By audience * 4 + registration: 0 claimable, 1 unknown, 2 needs a role, 3 closed, and the text for it.
local standing_of, verdict_of
local fragments                         -- by gift * 8 + verdict
local registration                      -- uint8_t[games]
local score, slots, levels, starts, spare, held

local VERDICTS = {
   [0] = 'true', [1] = '"unknown"', [2] = 'false,"reason":"no_role"',
   [3] = 'false,"reason":"not_a_newcomer"', [4] = 'false,"reason":"not_a_player"',
}
local END_OF_GIFT = "]}"

function _M.init(path, port, key_hex)
   plan = assert(loadfile(path))()
   redis_port = port
   secret = (key_hex:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
   gifts, games, dimensions = #plan.gifts, plan.games, plan.dimensions
   features = ffi.new("float[?]", gifts * dimensions)
   game_of, audience_of = ffi.new("uint8_t[?]", gifts), ffi.new("uint8_t[?]", gifts)
   popularity, fresh_at = ffi.new("double[?]", gifts), ffi.new("double[?]", gifts)
   has_features = ffi.new("uint8_t[?]", gifts)
   common, score = ffi.new("double[?]", gifts), ffi.new("double[?]", gifts)
   slots, levels = ffi.new("int32_t[?]", gifts), ffi.new("uint8_t[?]", gifts)
   spare, held = ffi.new("int32_t[?]", gifts), ffi.new("int32_t[?]", gifts)
   starts = ffi.new("int32_t[5]")
   registration = ffi.new("uint8_t[?]", games)
   fragments = {}
   for i, gift in ipairs(plan.gifts) do
      local slot = i - 1
      game_of[slot], audience_of[slot] = gift.game, gift.audience
      popularity[slot], fresh_at[slot] = gift.popularity, gift.fresh_at
      local squares = 0
      for _, value in ipairs(gift.features) do squares = squares + value * value end
      has_features[slot] = squares > 0 and 1 or 0
      for d, value in ipairs(gift.features) do
         features[slot * dimensions + d - 1] = plan.preference / 2 * value / math.sqrt(squares)
      end
      for verdict, text in pairs(VERDICTS) do
         fragments[slot * 8 + verdict] = gift.fragment .. text .. ',"roles":['
      end
   end
   -- Registration: 0 unknown, 1 no role, 2 before the campaign, 3 since. Audience: 0 new, 1 active, 2 everyone.
   standing_of = ffi.new("uint8_t[12]", 1, 2, 3, 0, 1, 2, 0, 3, 1, 2, 0, 0)
   verdict_of = ffi.new("uint8_t[12]", 1, 2, 3, 0, 1, 2, 0, 4, 1, 2, 0, 0)
end

local function refresh_common(now)
   for slot = 0, gifts - 1 do
      local age = math.max(0, now * 1000 - fresh_at[slot])
      local affinity = has_features[slot] == 1 and 0.5 or popularity[slot]
      common[slot] = plan.preference * affinity + plan.popularity * popularity[slot]
         + plan.freshness * exp2(-age / plan.half_life)
   end
   common_at = now
end

local mac, mac_length = ffi.new("unsigned char[32]"), ffi.new("unsigned int[1]")

-- The ticket's user as text, or nil. Every ticket of the bench has the one header that the plan names.
local function user_of(authorization)
   if not authorization or sub(authorization, 1, 7) ~= "Bearer " then return nil end
   local header_end = 7 + #plan.ticket_header
   if sub(authorization, 8, header_end) ~= plan.ticket_header then return nil end
   local dot = find(authorization, ".", header_end + 2, true)
   if not dot then return nil end
   local signed = sub(authorization, 8, dot - 1)
   ffi.C.HMAC(ffi.C.EVP_sha256(), secret, #secret, signed, #signed, mac, mac_length)
   local signature = base64.decode_base64url(sub(authorization, dot + 1))
   if signature ~= ffi.string(mac, 32) then return nil end
   local claims = base64.decode_base64url(sub(authorization, header_end + 2, dot - 1))
   local _, audience = find(claims, plan.audience_claim, 1, true)
   local _, expires = find(claims, '"exp":', 1, true)
   local _, subject = find(claims, '"sub":"', 1, true)
   if not audience or not expires or not subject then return nil end
   local expires_end = find(claims, "}", expires, true)
   if ngx.time() >= tonumber(sub(claims, expires + 1, expires_end - 1)) then return nil end
   return sub(claims, subject + 1, find(claims, '"', subject + 1, true) - 1)
end

-- Insertion sort of slots[from .. to - 1] by descending score, equal ones by slot: at these lengths nothing that
-- LuaJIT compiles is faster, and table.sort is not compiled at all.
local function sort(from, to)
   for i = from + 1, to - 1 do
      local slot = slots[i]
      local value = score[slot]
      local place = i
      while place > from and score[slots[place - 1]] < value do
         slots[place] = slots[place - 1]
         place = place - 1
      end
      slots[place] = slot
   end
end

-- No more than `most` of one game side by side where another game's is left; see RankingScratch.spread.
local function spread(from, to, most)
   local count = to - from
   if count <= most then return end
   for i = 0, count - 1 do spare[i] = slots[from + i] end
   local next_one, first_held, end_held, run, run_game = 0, 0, 0, 0, -1
   for place = 0, count - 1 do
      local full = run == most
      local slot
      if first_held < end_held and not (full and game_of[held[first_held]] == run_game) then
         slot = held[first_held]
         first_held = first_held + 1
      else
         while full and next_one < count and game_of[spare[next_one]] == run_game do
            held[end_held] = spare[next_one]
            end_held = end_held + 1
            next_one = next_one + 1
         end
         if next_one < count then
            slot = spare[next_one]
            next_one = next_one + 1
         else
            slot = held[first_held]
            first_held = first_held + 1
         end
      end
      slots[from + place] = slot
      local game = game_of[slot]
      if game == run_game then
         if run < most then run = run + 1 end
      else
         run = 1
      end
      run_game = game
   end
end

-- The record: float[dimensions] | for each game: u32 registered at (0 = no role, 0xffffffff = not known),
-- u16 offset, u16 length of its roles' text | texts.
local function order(record)
   local vector = ffi.cast(float_p, record)
   local numbers = ffi.cast(u32_p, record) + dimensions
   for game = 0, games - 1 do
      local at = numbers[game * 2]
      if at == 0 then
         registration[game] = 1
      elseif at == 0xffffffff then
         registration[game] = 0
      elseif at < plan.opens_at then
         registration[game] = 2
      else
         registration[game] = 3
      end
   end
   for level = 0, 4 do starts[level] = 0 end
   for slot = 0, gifts - 1 do
      local level = standing_of[audience_of[slot] * 4 + registration[game_of[slot]]]
      levels[slot] = level
      starts[level + 1] = starts[level + 1] + 1
      local sum, at = common[slot], slot * dimensions
      for d = 0, dimensions - 1 do sum = sum + vector[d] * features[at + d] end
      score[slot] = sum
   end
   for level = 1, 4 do starts[level] = starts[level] + starts[level - 1] end
   local n0, n1, n2, n3 = starts[0], starts[1], starts[2], starts[3]
   for slot = 0, gifts - 1 do
      local level = levels[slot]
      if level == 0 then
         slots[n0] = slot
         n0 = n0 + 1
      elseif level == 1 then
         slots[n1] = slot
         n1 = n1 + 1
      elseif level == 2 then
         slots[n2] = slot
         n2 = n2 + 1
      else
         slots[n3] = slot
         n3 = n3 + 1
      end
   end
   for level = 0, 3 do
      sort(starts[level], starts[level + 1])
      if plan.neighbours > 0 then spread(starts[level], starts[level + 1], plan.neighbours) end
   end
end

local parts, size = nil, 0
local roles

local function render(record)
   if not parts then
      parts = new_tab(gifts * 4 + 2, 0)
      roles = new_tab(games, 0)
   end
   local offsets = ffi.cast(u16_p, record) + dimensions * 2
   for game = 0, games - 1 do
      local offset, length = offsets[game * 4 + 2], offsets[game * 4 + 3]
      roles[game + 1] = length > 0 and sub(record, offset + 1, offset + length) or ""
   end
   parts[1] = plan.head
   size = 1
   for place = 0, gifts - 1 do
      local slot = slots[place]
      local game = game_of[slot]
      if place > 0 then
         size = size + 1
         parts[size] = ","
      end
      parts[size + 1] = fragments[slot * 8 + verdict_of[audience_of[slot] * 4 + registration[game]]]
      parts[size + 2] = roles[game + 1]
      parts[size + 3] = END_OF_GIFT
      size = size + 3
   end
   size = size + 1
   parts[size] = "]}"
   return concat(parts, "", 1, size)
end

local function refuse(status)
   ngx.status = status
   ngx.header["Content-Length"] = 0
   return ngx.exit(status)
end

function _M.list()
   local user = user_of(ngx.var.http_authorization)
   if not user then return refuse(401) end
   local connection = redis:new()
   local ok = connection:connect("127.0.0.1", redis_port)
   if not ok then return refuse(503) end
   local record = connection:get("peer:" .. user)
   connection:set_keepalive(60000, 256)
   if type(record) ~= "string" then return refuse(503) end
   -- From here on nothing yields, so that the shared tables are one request's.
   local now = ngx.time()
   if now ~= common_at then refresh_common(now) end
   order(record)
   local body = render(record)
   local header = ngx.header
   header["Content-Type"] = "application/json"
   header["Cache-Control"] = "no-store"
   header["Content-Length"] = #body
   ngx.print(body)
end

return _M
