-- What a server's takes gave, until it says that it came: whoever asks again under the same request gets the same. Requests of a server
-- have ascending numbers; below `floor` none is asked for any more.

local givenKey = key('given:' .. args.sender)
local givenTtl = 300
local mostBytesGiven = 4 * 1024 * 1024

local function gone() return redis.error_reply('GONE that request is over') end

-- The reply that was given before, or the error that there is none any more.
local function givenBefore(request)
  local found = call('HMGET', givenKey, request, 'floor')
  if found[1] == '' or (not found[1] and found[2] and request < tonumber(found[2])) then return gone() end
  return found[1] and cmsgpack.unpack(found[1])
end

local function keepGiven(request, floor, reply, bytes)
  call('HSET', givenKey, 'floor', int(floor), int(request), bytes <= mostBytesGiven and cmsgpack.pack(reply) or '')
  call('EXPIRE', givenKey, givenTtl)
end

local function callOff(request, floor)
  call('HSET', givenKey, 'floor', int(floor), int(request), '')
  call('EXPIRE', givenKey, givenTtl)
  return gone()
end

-- Nobody has it now: it is no more to be given.
local function undoGiven(request)
  local found = call('HGET', givenKey, request)
  if found and found ~= '' then return call('HSET', givenKey, int(request), '') == 0 end
  return false
end
