-- wrk's side of bench-deliver: one delivery, again and again, over ten games on one port.
-- Called as  wrk … -s post.lua URL -- BODY-FILE HEADER…  with headers written "name: value".

local requests, turn = {}, 0

function init(args)
   local file = assert(io.open(args[1], "rb"))
   local body = file:read("*a")
   file:close()
   local headers = {}
   for i = 2, #args do
      local name, value = args[i]:match("^([^:]+): (.*)$")
      headers[name] = value
   end
   for game = 0, 9 do
      requests[game] = wrk.format("POST", "/games/game-" .. game .. "/grant", headers, body)
   end
end

function request()
   turn = (turn + 1) % 10
   return requests[turn]
end

-- One line for the bench to read: requests, microseconds, answers of 400 and above, other errors.
function done(summary, latency, requests)
   local e = summary.errors
   io.write(string.format("\nbench %d %d %d %d\n", summary.requests, summary.duration, e.status,
      e.connect + e.read + e.write + e.timeout))
end
