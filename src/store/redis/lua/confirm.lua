-- confirm {names} → {}: these are in no outbox any more; what still comes of them comes soon.
local forgottenMs = 10 * 60000

for _, name in ipairs(args.names) do
  local field = followUpField(name)
  local text = call('HGET', key('once'), field)
  if text then
    local entry = cjson.decode(text)
    entry['until'] = now + forgottenMs
    remember(field, entry)
  end
end
return { answer({}) }
