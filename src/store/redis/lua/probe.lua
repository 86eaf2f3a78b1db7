-- probe {} → {}: writes something.
call('SET', root .. 'probedAt', int(now))
return { '{}' }
