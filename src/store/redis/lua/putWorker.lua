-- putWorker {name, startedAt, lastSeenAt, processed, failed, queues, doing} → {}
local name = args.name
local isNew = not isRegistered(name)
if isNew then
  call('HSET', workerKey(name), 'startedAt', int(args.startedAt), 'processed', int(args.processed), 'failed', int(args.failed))
  call('ZADD', workersKey, 0, name)
  setDoing(name, args.doing)
end
local seen = math.max(args.lastSeenAt, tonumber(call('HGET', workerKey(name), 'lastSeenAt') or '0'))
call('HSET', workerKey(name), 'lastSeenAt', int(seen))
call('ZADD', seenKey, int(seen), name)
for _, one in ipairs(args.queues) do
  if call('ZADD', onKey(name), 0, one.queue) == 1 then
    call('ZADD', staffKey(one.queue), 0, name)
    for _, as in ipairs({ 'processed', 'failed' }) do
      call('HSET', tallyKey(one.queue), as .. ' ' .. name, int(one[as]))
      if not isNew then call('HINCRBY', workerKey(name), as, int(one[as])) end
    end
  end
end
return { '{}' }
