-- What a server's takes gave, until it says that it came: whoever asks again under the same request gets the same. Requests of a server
-- have ascending numbers; below `floor` none is asked for any more.

local givenKey = key('given:' .. args.sender)
local givenTtl = 300
-- When its time to live was last set: not with every take.
local lived = nil
local livedMs = 60000

local function gone() return redis.error_reply('GONE that request is over') end

-- The reply that was given before, or the error that there is none any more.
local function givenBefore(request)
  local found = call('HMGET', givenKey, request, 'floor', 'lived')
  lived = tonumber(found[3] or nil)
  if found[1] == '' or (not found[1] and found[2] and request < tonumber(found[2])) then return gone() end
  return found[1] and cmsgpack.unpack(found[1])
end

-- No text: it is over, and not to be given, should a request for it still come.
local function keepGiven(request, floor, text)
  if lived and math.abs(now - lived) < livedMs then
    call('HSET', givenKey, 'floor', int(floor), int(request), text)
    return
  end
  call('HSET', givenKey, 'floor', int(floor), 'lived', int(now), int(request), text)
  call('EXPIRE', givenKey, givenTtl)
end

-- Whether somebody has it; from now on nobody does.
local function undoGiven(request)
  local found = call('HGET', givenKey, request)
  if not found or found == '' then return false end
  call('HSET', givenKey, int(request), '')
  return true
end
