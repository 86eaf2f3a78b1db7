-- probe {} → {}: writes something.
call('SET', key('probedAt'), int(now))
return { '{}' }
