-- ends {} → {first?, last?, outbox}
return { cjson.encode({
  first = queue.first or nil, last = call('HGET', base, 'last') or nil, outbox = call('EXISTS', key('outbox')) == 1,
}) }
