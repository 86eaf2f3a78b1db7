-- register {all: [{worker, queue}], mostWorkers, mostQueues} → {registered: [whether]}
local function register(name, queue)
  if not isRegistered(name) then
    while call('ZCARD', workersKey) >= args.mostWorkers do forgetWorker(call('ZRANGE', seenKey, 0, 0)[1]) end
  elseif not call('ZSCORE', onKey(name), queue) and call('ZCARD', onKey(name)) >= args.mostQueues then
    return false
  end
  call('HSETNX', workerKey(name), 'startedAt', int(now))
  see(name)
  call('ZADD', workersKey, 0, name)
  call('ZADD', onKey(name), 0, queue)
  call('ZADD', staffKey(queue), 0, name)
  return true
end

local registered = {}
for index, one in ipairs(args.all) do registered[index] = register(one.worker, one.queue) end
return { cjson.encode({ registered = registered }) }
