-- unregister {worker} → {}
local queue, name = find(args.queue), args.worker
if call('ZSCORE', onKey(name), queue.name) then
  takeOff(name, queue)
  if call('ZCARD', onKey(name)) == 0 then forgetWorker(name) end
end
return { '{}' }
