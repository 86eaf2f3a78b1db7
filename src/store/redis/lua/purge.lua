-- purge {} → {}: at once whatever the size, since Redis frees what is unlinked in a thread of its own. What waits in the outbox is
-- for other queues, and stays.
if queue.exists then
  local last = call('HGET', base, 'last')
  for _, kind in ipairs({
    'jobs', 'body', 'result', 'ready', 'delayed', 'leased', 'done', 'dead', 'expiring', 'uniq', 'held', 'once', 'onceat',
  }) do
    call('UNLINK', key(kind))
  end
  call('DEL', base)
  -- Ids go on behind it for a day; after that the time has gone further than ids can have.
  call('SET', key('last'), last, 'EX', 86400)
end
return { cjson.encode({ first = queue.first or nil }) }
