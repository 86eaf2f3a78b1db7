-- Follow-up jobs that are for queues elsewhere: they wait here until they are delivered, each under a name that the other queue
-- remembers, so that it takes each in once whoever delivers it and however often.

local outboxRetryMs = 5000
local mostPerLook, mostBytesPerLook = 100, 4 * 1024 * 1024

-- Name and entry in turn.
local function showEntry(reply, name)
  local entry = call('HGET', key('outbox'), name)
  if not entry then return 0 end
  reply[#reply + 1] = name
  reply[#reply + 1] = entry
  return #entry
end

-- Some of them.
local function showOutbox(reply)
  local size = 0
  for _, name in ipairs(call('HRANDFIELD', key('outbox'), mostPerLook)) do
    if size < mostBytesPerLook then size = size + showEntry(reply, name) end
  end
end
