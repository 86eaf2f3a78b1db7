-- What came under idempotency keys.

local function remember(field, entry)
  call('HSET', key('once'), field, cjson.encode(entry))
  call('ZADD', key('onceat'), int(entry['until']), field)
  note(entry['until'])
end

-- A follow-up job's name in the outbox of its queue is the key that it comes under; no other key has a line feed.
local function followUpField(name) return 'follow-up\n' .. name end
