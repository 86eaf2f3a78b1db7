-- startQueue {first} → {}: stopped, and unknown to the index until it is told.
if not queue.exists then
  local before = tonumber(call('GET', key('last')) or '0')
  call('HSET', base, 'first', args.first, 'last', int(math.max(tonumber(args.first) - 1, before)), 'stopped', '1')
  call('DEL', key('last'))
end
return { '{}' }
