-- note: what a service wants remembered beside the log: how far it has read, where its snapshot is, how long outcomes are
-- kept.
--
-- ARGV[1]: [name of the key, field or '']; ARGV[2]: the value. Without a field it is the key's. Of a reader it is also noted
-- when it was heard of.
-- Returns [now].
--
-- Protects I10: a server that is short of memory still learns what may leave its log.

register('note', function(keys, args)
  local K, control = open(keys), cmsgpack.unpack(args[1])
  local key, field, value = K[control[1]], control[2], args[2]
  if field == '' then
    redis.call('SET', key, value)
  else
    redis.call('HSET', key, field, value)
    if control[1] == 'readers' then redis.call('HSET', key .. ':heard', field, now_ms()) end
  end
  return {now_ms()}
end)
