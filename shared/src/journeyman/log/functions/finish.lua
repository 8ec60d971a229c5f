-- finish: a worker says what became of attempts it holds.
--
-- ARGV[1]: [worker, number, jobs, numbers, backs]; numbers: three for each job: attempt, kind, size of its event; kind: 0
-- progressed, 1 succeeded, 2 failed, 3 returned; backs: [which, [queue, priority, type, place]] of those that go back.
-- ARGV[2]: the events, one behind the other.
-- Returns [now, entry id or '', 1 or 0 for each outcome].
--
-- Protects I3: only who holds an attempt may speak of it; a late outcome changes nothing; a job whose attempt is over is
-- not given to anybody until the scheduler releases it. Protects I4: success ends the job in the step that records it.
-- Repeating a call with the same number changes nothing and returns the first reply. A call after one that is not known was
-- preceded by one that a crash or a failover has taken away: the worker is done with jobs that it is still held to be at,
-- and counts as lost.

local PROGRESSED, SUCCEEDED, FAILED, RETURNED = 0, 1, 2, 3

-- The events of the outcomes that were accepted.
local function said(events, numbers, accepted, kept)
  if kept == #accepted then return {events} end
  local parts, at = {}, 1
  for i = 1, #accepted do
    local size = numbers[3 * i]
    if accepted[i] == 1 then parts[#parts + 1] = events:sub(at, at + size - 1) end
    at = at + size
  end
  return parts
end

register('finish', function(keys, args)
  local K = open(keys)
  if not derived(K) then return REBUILD end
  local control = cmsgpack.unpack(args[1])
  local worker, number, jobs, numbers, back = control[1], control[2], control[3], control[4], {}
  for i = 1, #control[5] do back[control[5][i][1]] = control[5][i][2] end
  local now, record = now_ms(), K.worker .. ':' .. worker
  local last = redis.call('HMGET', record, 'finish', 'reply')
  if (tonumber(last[1]) or 0) > number then return PASSED end
  if last[2] and tonumber(last[1]) == number then return cmsgpack.unpack(last[2]) end
  -- A record without a number is of a worker that joined before there was one, or was written anew from the log.
  if last[1] and number > tonumber(last[1]) + 1 then return LOST end

  local function noted(reply)
    if redis.call('EXISTS', record) == 1 then
      redis.call('HSET', record, 'finish', number, 'reply', cmsgpack.pack(reply))
    end
    return reply
  end

  if #jobs == 0 then return noted({now, ''}) end
  local held, mine = redis.call('HMGET', K.held, unpack(jobs)), ':' .. worker
  local released, spent, done, accepted, gone, kept = {}, {}, {}, {}, {}, 0
  for i = 1, #jobs do
    local job, attempt, kind = jobs[i], numbers[3 * i - 2], numbers[3 * i - 1]
    local holds = held[i] == attempt .. mine and not gone[job]
    accepted[i] = holds and 1 or 0
    if holds then
      kept = kept + 1
      if kind ~= PROGRESSED then
        gone[job] = true
        released[#released + 1] = job
      end
      if kind == SUCCEEDED then
        done[#done + 1] = {job, kept - 1}
      elseif kind == FAILED or (kind == RETURNED and not back[i]) then
        spent[#spent + 1] = job
        spent[#spent + 1] = attempt .. ':'
      end
    end
  end

  local entry = ''
  if kept > 0 then entry = add(K, said(args[2], numbers, accepted, kept), kept) end
  if #released > 0 then
    redis.call('HDEL', K.held, unpack(released))
    sliced('HSET', K.held, spent)
    if redis.call('EXISTS', K.stop .. ':' .. worker) == 1 then
      redis.call('HDEL', K.stop .. ':' .. worker, unpack(released))
    end
  end
  if #released > 0 then ring(K, SCHEDULER) end
  if #done > 0 then
    local bodies, ends = {}, {}
    for i = 1, #done do
      bodies[i] = done[i][1]
      ends[2 * i - 1], ends[2 * i] = done[i][1], 'c' .. entry .. '/' .. done[i][2]
    end
    redis.call('HDEL', K.bodies, unpack(bodies))
    remember(K, ends, now)
  end
  for i = #jobs, 1, -1 do
    if back[i] and accepted[i] == 1 then
      local queue, priority, type_, place = unpack(back[i])
      push(K, 'LPUSH', queue, priority, type_, {place})
    end
  end

  return noted({now, entry, unpack(accepted)})
end)
