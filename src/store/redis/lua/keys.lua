-- keys {from, limit} → {keys: [{key, print, until, first, count}], more}, by the time at which they end
local found = call('ZRANGE', key('onceat'), args.from, args.from + args.limit - 1)
local keys = {}
for _, field in ipairs(found) do
  local text = call('HGET', key('once'), field)
  local entry = text and cjson.decode(text)
  -- Follow-up jobs that were delivered come under names of their own.
  if entry and not field:find('\n', 1, true) then
    entry.key = field
    keys[#keys + 1] = entry
  end
end
return { cjson.encode({ keys = keys, more = #found == args.limit }) }
