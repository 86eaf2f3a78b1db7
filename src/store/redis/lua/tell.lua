-- tell {all: [{queue, opened?, closed?, next?, intends?, visited?}], visitMs} → {nextAt?, more}
for _, one in ipairs(args.all) do
  if one.closed then closed(one.queue, one.closed) end
  if one.opened then opened(one.queue, one.opened) end
  if one.next then call('ZADD', nextKey, 'LT', int(one.next), one.queue) end
  if one.intends then call('ZADD', visitKey, 'GT', int(now + args.visitMs), one.queue) end
  if one.visited and call('ZSCORE', visitKey, one.queue) == one.visited then call('ZREM', visitKey, one.queue) end
end
local nextAt = firstScore(nextKey)
return { cjson.encode({ nextAt = nextAt, more = nextAt ~= nil and isDue(nextAt) }) }
