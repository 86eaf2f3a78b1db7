-- register {worker, queue, mostWorkers, mostQueues} → {registered}
local name = args.worker
if not isRegistered(name) then
  while call('ZCARD', workersKey) >= args.mostWorkers do forgetWorker(call('ZRANGE', seenKey, 0, 0)[1]) end
elseif not call('ZSCORE', onKey(name), args.queue) and call('ZCARD', onKey(name)) >= args.mostQueues then
  return { '{"registered":false}' }
end
call('HSETNX', workerKey(name), 'startedAt', int(now))
see(name)
call('ZADD', workersKey, 0, name)
call('ZADD', onKey(name), 0, args.queue)
call('ZADD', staffKey(args.queue), 0, name)
return { '{"registered":true}' }
