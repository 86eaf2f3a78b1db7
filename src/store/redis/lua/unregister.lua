-- unregister {worker, queue} → {}
local name = args.worker
if call('ZSCORE', onKey(name), args.queue) then
  takeOff(name, args.queue)
  if call('ZCARD', onKey(name)) == 0 then forgetWorker(name) end
end
return { '{}' }
