-- putKeys {keys: [{key, print, until, first, count}]} → {}
for _, one in ipairs(args.keys) do
  local field = one.key
  one.key = nil
  remember(field, one)
end
return { '{}' }
