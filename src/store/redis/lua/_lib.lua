-- What all scripts share: arguments, keys, time, numbers.
--
-- KEYS[1] is what all keys of a script begin with: `prefix{queue}`, or `prefix{*}` for the index, so that they are in one slot of a
-- cluster. KEYS[2] is never there: while a slot moves to another node, Redis refuses a script one of whose keys it does not have, so
-- that none runs on half of a queue. The loader puts two tables before this: `bounds`, and `defaults` of policies. ARGV[1] is JSON
-- with named members; what is opaque (job texts) follows in ARGV and in replies, since cjson loses digits. Ids are texts of 15
-- digits for the same reason.

local args = cjson.decode(ARGV[1])
local base = KEYS[1]
local call = redis.call

local function key(kind) return base .. ':' .. kind end

local function clock()
  local time = call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Tests hand a time in; else the clock is Redis's own, the same for all servers.
local now = args.now or clock()

-- A whole number as text; tostring turns long ones into 1.7e+14.
local function int(number) return string.format('%.0f', number) end

local function isDue(time) return time == nil or time <= now end

-- The lowest score of a set.
local function firstScore(set) return tonumber(call('ZRANGE', set, 0, 0, 'WITHSCORES')[2]) end

-- unpack has a bound.
local mostAtOnce = 500

-- One command for all these values, single ones or pairs, in pieces.
local function callMany(command, onKey, values)
  for from = 1, #values, mostAtOnce * 2 do
    call(command, onKey, unpack(values, from, math.min(#values, from + mostAtOnce * 2 - 1)))
  end
end
