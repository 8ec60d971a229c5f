-- finish: a worker says what became of attempts it holds.
--
-- ARGV[1]: [worker, number, outcomes]; an outcome: [job, attempt, kind, back or false], kind one of progressed,
-- succeeded, failed, returned; back: [queue, priority, type, place]. Then one event for each outcome.
-- Returns [now, entry id or '', 1 or 0 for each outcome].
--
-- Protects I3: only who holds an attempt may speak of it; a late outcome changes nothing; a job whose attempt is over is
-- not given to anybody until the scheduler releases it. Protects I4: success ends the job in the step that records it.
-- Repeating a call with the same number changes nothing and returns the first reply.

register('finish', function(keys, args)
  local K = open(keys)
  if not derived(K) then return REBUILD end
  local control = cmsgpack.unpack(args[1])
  local worker, number, outcomes = control[1], control[2], control[3]
  local now, record = now_ms(), K.worker .. ':' .. worker
  local last = redis.call('HMGET', record, 'finish', 'reply')
  if tonumber(last[1]) == number then return cmsgpack.unpack(last[2]) end

  if #outcomes == 0 then return {now, ''} end
  local ids = {}
  for i = 1, #outcomes do ids[i] = outcomes[i][1] end
  local held = redis.call('HMGET', K.held, unpack(ids))
  local events, released, spent, done, backs, accepted, gone = {}, {}, {}, {}, {}, {}, {}
  for i = 1, #outcomes do
    local job, attempt, kind, back = unpack(outcomes[i])
    local holds = held[i] == attempt .. ':' .. worker and not gone[job]
    accepted[i] = holds and 1 or 0
    if holds then
      events[#events + 1] = args[1 + i]
      if kind ~= 'progressed' then
        gone[job] = true
        released[#released + 1] = job
        if kind == 'failed' or (kind == 'returned' and not back) then
          spent[#spent + 1] = job
          spent[#spent + 1] = attempt .. ':'
        end
      end
      if kind == 'succeeded' then done[#done + 1] = {job, #events - 1} end
      if back then backs[#backs + 1] = back end
    end
  end

  local entry = ''
  if #events > 0 then entry = add(K, events) end
  if #released > 0 then
    redis.call('HDEL', K.held, unpack(released))
    sliced('HSET', K.held, spent)
    if redis.call('EXISTS', K.stop .. ':' .. worker) == 1 then
      redis.call('HDEL', K.stop .. ':' .. worker, unpack(released))
    end
  end
  if #done > 0 then
    local bodies, ends = {}, {}
    for i = 1, #done do
      bodies[i] = done[i][1]
      ends[2 * i - 1], ends[2 * i] = done[i][1], 'c' .. entry .. '/' .. done[i][2]
    end
    redis.call('HDEL', K.bodies, unpack(bodies))
    remember(K, ends, now)
  end
  for i = #backs, 1, -1 do
    local queue, priority, type_, place = unpack(backs[i])
    push(K, 'LPUSH', queue, priority, type_, {place})
  end

  local reply = {now, entry, unpack(accepted)}
  if redis.call('EXISTS', record) == 1 then
    redis.call('HSET', record, 'finish', number, 'reply', cmsgpack.pack(reply))
  end
  return reply
end)
