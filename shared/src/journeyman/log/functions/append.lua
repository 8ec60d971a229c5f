-- append: what clients, workers and the autoscaler want known.
--
-- ARGV[1]: [caller, number, proposals]; then the runs of events of all proposals in order.
-- Returns [now, verdict of each proposal…]: '+offset', '-why', '=offset\nanswer'.
--
-- Protects I2 (one key, one job) and I4 (nothing is asked of a job that has ended): keys and guards are checked in the step
-- that appends. Repeating a call with the same number changes nothing and returns the first reply.
--
-- submit: the same, for calls that bring new jobs. Protects I10: a server that is short of memory refuses it and does all else.

local function append(keys, args)
  local K = open(keys)
  if not derived(K) then return REBUILD end
  local control = cmsgpack.unpack(args[1])
  local caller, number = K.caller .. ':' .. control[1], control[2]
  local last = redis.call('GET', caller)
  if last then
    local stored = cmsgpack.unpack(last)
    if stored[1] == number then
      redis.call('PEXPIRE', caller, CALLER_KEPT) -- a write, for a WAIT behind this call to wait for
      return stored[2]
    end
    if stored[1] > number then return PASSED end
  end
  local now = now_ms()
  local reply, decidable = apply(K, now, control[3], args)
  table.insert(reply, 1, now)
  bring(K, now)
  if decidable then ring(K, SCHEDULER) end
  redis.call('SET', caller, cmsgpack.pack({number, reply}), 'PX', CALLER_KEPT)
  return reply
end

register('append', append)
register('submit', append, {})
