-- commit: the scheduler's decisions, and how far it had read when it took them.
--
-- ARGV[1]: [epoch, number, cursor, proposals]; then the runs of events of all proposals in order.
-- Returns [now, verdict of each proposal…].
--
-- Protects I5: an epoch that is not the present one writes nothing. Decisions and cursor are one step, so none is taken
-- twice. A decision whose guard no longer holds is refused; the fact that beat it is already in the log.
-- Protects I6: what was decided on an entry that a crash or a failover has taken away is refused, before the number is
-- looked at: that of a lost commit may since have been another's. So is what was decided on less than the election of the
-- present term: a lost history may have had a term of the same epoch, and a decision of that one may still be on its way.

local HISTORY = {err = 'JMHISTORY the log does not hold what this was decided on'}

local function is_before(one, other)
  local ms, seq = one:match('^(%d+)-(%d+)$')
  local other_ms, other_seq = other:match('^(%d+)-(%d+)$')
  if ms ~= other_ms then return tonumber(ms) < tonumber(other_ms) end
  return tonumber(seq) < tonumber(other_seq)
end

register('commit', function(keys, args)
  local K = open(keys)
  if not derived(K) then return REBUILD end
  local control = cmsgpack.unpack(args[1])
  local epoch, number = control[1], control[2]
  local meta = redis.call('HMGET', K.meta, 'epoch', 'number', 'reply', 'term')
  local current = tonumber(meta[1]) or 0
  if current ~= epoch then return {err = 'JMEPOCH ' .. current} end
  local cursor = control[3]
  if cursor ~= '0-0' then
    if meta[4] and is_before(cursor, meta[4]) then return HISTORY end
    if #redis.call('XRANGE', K.log, cursor, cursor) == 0 then return HISTORY end
  end
  if (tonumber(meta[2]) or 0) > number then return PASSED end
  if tonumber(meta[2]) == number then return cmsgpack.unpack(meta[3]) end
  local now = now_ms()
  local reply = apply(K, now, control[4], args, epoch, cursor)
  bring(K, now)
  table.insert(reply, 1, now)
  redis.call('HSET', K.meta, 'cursor', cursor, 'number', number, 'reply', cmsgpack.pack(reply))
  return reply
end)
