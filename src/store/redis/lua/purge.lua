-- purge {} → {}: at once whatever the size, since Redis frees what is unlinked in a thread of its own.
local queue = find(args.queue)
call('DEL', tallyKey(queue))
if queue.exists then
  local last = call('HGET', queue.base, 'last')
  for _, kind in ipairs({ 'jobs', 'body', 'result', 'ready', 'delayed', 'leased', 'done', 'dead', 'expiring', 'uniq', 'once', 'onceat' }) do
    call('UNLINK', key(queue, kind))
  end
  call('DEL', queue.base)
  -- Ids go on behind it for a day; after that the time has gone further than ids can have.
  call('SET', key(queue, 'last'), last, 'EX', 86400)
  call('ZREM', root .. 'queues', queue.name)
  call('ZREM', root .. 'next', queue.name)
end
return { '{}' }
