-- claim: a worker takes ready jobs, which start in this step.
--
-- ARGV[1]: [worker, number, count, queues, types]; queues: names, or * alone for every queue.
-- Returns [now, entry id or '', then place, queue, priority, body of each job].
--
-- Protects I8: strictly by priority over all the worker's queues, then by age; shut queues are passed over; a line of a type
-- the worker does not know is never touched. Protects I3: a job that is held is not given again. Repeating a
-- call with the same number returns what of that batch the worker still holds.

-- The lines this worker may take from, highest priority first: {priority, queue, type, key}.
local function lines_of(K, queues, types)
  local known, lines = {}, {}
  for i = 1, #types do known[types[i]] = true end
  if queues[1] == '*' then queues = redis.call('SMEMBERS', K.queues) end
  for i = 1, #queues do
    local queue = queues[i]
    local index = redis.call('ZRANGE', K.ready .. ':' .. queue, 0, -1)
    if #index > 0 and redis.call('SISMEMBER', K.paused, queue) == 0 then
      for j = 1, #index do
        local priority, type_ = index[j]:match('^(%d+):(.*)$')
        if known[type_] then
          lines[#lines + 1] = {tonumber(priority), queue, type_, K.ready .. ':' .. queue .. ':' .. index[j], index[j]}
        end
      end
    end
  end
  table.sort(lines, function(a, b) return a[1] > b[1] end)
  return lines
end

local function drop_if_empty(K, line)
  if redis.call('EXISTS', line[4]) == 1 then return end
  redis.call('ZREM', K.ready .. ':' .. line[2], line[5])
  if redis.call('EXISTS', K.ready .. ':' .. line[2]) == 0 then redis.call('SREM', K.queues, line[2]) end
end

-- Take up to `count` places from one line, or the oldest ones over several lines of one priority.
local function take(K, lines, first, last, count, taken)
  if first == last then
    local places = redis.call('LPOP', lines[first][4], count) or {}
    for i = 1, #places do taken[#taken + 1] = {places[i], lines[first]} end
    drop_if_empty(K, lines[first])
    return
  end
  local heads = {}
  for i = first, last do heads[i] = redis.call('LINDEX', lines[i][4], 0) end
  for _ = 1, count do
    local oldest
    for i = first, last do
      if heads[i] and (not oldest or heads[i] < heads[oldest]) then oldest = i end
    end
    if not oldest then break end
    taken[#taken + 1] = {redis.call('LPOP', lines[oldest][4]), lines[oldest]}
    heads[oldest] = redis.call('LINDEX', lines[oldest][4], 0)
  end
  for i = first, last do drop_if_empty(K, lines[i]) end
end

-- Drop places that were made void, jobs that are gone, that somebody holds, or that this claim took already (seen).
local function sift(K, taken, seen)
  if #taken == 0 then return {} end
  local voids = redis.call('EXISTS', K.void) == 1
  local ids, kept = {}, {}
  for i = 1, #taken do ids[i] = taken[i][1]:sub(1, 24) end
  local bodies = redis.call('HMGET', K.bodies, unpack(ids))
  local held = redis.call('HMGET', K.held, unpack(ids))
  for i = 1, #taken do
    local void = voids and redis.call('SREM', K.void, taken[i][1]) == 1
    if bodies[i] and not held[i] and not void and not seen[ids[i]] then
      seen[ids[i]] = true
      kept[#kept + 1] = {place = taken[i][1], line = taken[i][2], id = ids[i], body = bodies[i]}
    end
  end
  return kept
end

local function reply_with(now, entry, jobs)
  local reply = {now, entry}
  for i = 1, #jobs do
    local job, at = jobs[i], #reply
    reply[at + 1], reply[at + 2], reply[at + 3], reply[at + 4] = job.place, job.line[2], job.line[1], job.body
  end
  return reply
end

-- What the worker still holds of the batch it was given last.
local function again(K, now, worker, batch)
  local jobs = {}
  for i = 1, #batch[2] do
    local place, queue, priority = unpack(batch[2][i])
    local id, attempt = place:sub(1, 24), place:match('^%d+', 25)
    local body = redis.call('HGET', K.bodies, id)
    if body and redis.call('HGET', K.held, id) == attempt .. ':' .. worker then
      jobs[#jobs + 1] = {place = place, line = {priority, queue}, body = body}
    end
  end
  return reply_with(now, batch[1], jobs)
end

register('claim', function(keys, args)
  local K = open(keys)
  if not derived(K) then return REBUILD end
  local control = cmsgpack.unpack(args[1])
  local worker, number, count, queues = control[1], control[2], control[3], control[4]
  if not redis.call('ZSCORE', K.beats, worker) then return {err = 'JMLOST'} end
  local now, record = now_ms(), K.worker .. ':' .. worker
  local last = redis.call('HMGET', record, 'claim', 'batch')
  if tonumber(last[1]) == number then return again(K, now, worker, cmsgpack.unpack(last[2])) end

  local jobs, seen, lines = {}, {}, lines_of(K, queues, control[5])
  local first = 1
  while first <= #lines and #jobs < count do
    local after = first
    while lines[after + 1] and lines[after + 1][1] == lines[first][1] do after = after + 1 end
    repeat
      local taken, wanted = {}, count - #jobs
      take(K, lines, first, after, wanted, taken)
      local kept = sift(K, taken, seen)
      for i = 1, #kept do jobs[#jobs + 1] = kept[i] end
    until #taken < wanted or #jobs >= count
    first = after + 1
  end

  local entry = ''
  if #jobs > 0 then
    local events, holds, batch = {}, {}, {}
    local by = cmsgpack.pack(worker)
    for i = 1, #jobs do
      local job = jobs[i]
      local attempt = job.place:match('^%d+', 25)
      events[i] = '\148\171job.started' .. cmsgpack.pack(job.id) .. cmsgpack.pack(tonumber(attempt)) .. by
      holds[2 * i - 1], holds[2 * i] = job.id, attempt .. ':' .. worker
      batch[i] = {job.place, job.line[2], job.line[1]}
    end
    sliced('HSET', K.held, holds)
    entry = add(K, events)
    redis.call('HSET', record, 'claim', number, 'batch', cmsgpack.pack({entry, batch}))
  end
  if #jobs < count then
    for i = 1, #queues do redis.call('SADD', K.idle .. ':' .. queues[i], worker) end
  end
  return reply_with(now, entry, jobs)
end)
