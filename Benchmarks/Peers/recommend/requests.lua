-- wrk's side of the bench: requests that were made beforehand, all of the same length, one after the other in a
-- file. Called as  wrk … -s requests.lua URL -- FILE LENGTH COUNT FIRST memory|file
--
-- memory: all are read when wrk starts and handed out in turn, so that a request costs one look-up.
-- file:   for more than fit; read in large pieces as they are needed. At the end both begin anew.

local length, count, first
local requests, file
local index = 0

function init(args)
   length, count, first = tonumber(args[2]), tonumber(args[3]), tonumber(args[4])
   file = assert(io.open(args[1], "rb"))
   if args[5] == "memory" then
      requests = {}
      for i = 1, count do requests[i] = file:read(length) end
      file:close()
      index = first
   else
      file:setvbuf("full", 1048576)
      file:seek("set", first * length)
   end
end

function request()
   if requests then
      index = index % count + 1
      return requests[index]
   end
   local text = file:read(length)
   if not text then
      file:seek("set", 0)
      text = file:read(length)
   end
   return text
end

-- One line for the bench to read: requests, microseconds, bytes, answers of 400 and above, other errors.
function done(summary, latency, requests)
   local e = summary.errors
   io.write(string.format("\nbench %d %d %d %d %d\n", summary.requests, summary.duration, summary.bytes,
      e.status, e.connect + e.read + e.write + e.timeout))
end
