-- Taking ready jobs and starting them: what `claim` does for the worker that calls it, and what is done for one that has
-- offered to take a job (04_bringing.lua).
--
-- Protects I8: strictly by priority over all the worker's queues, then by age; shut queues are passed over; a line of a type
-- the worker does not know is never touched; of a type that is shut no more start than there are permits. Protects I3: a job
-- that is held is not given again.

-- The types that are shut: how many of each may start all the same, and who has shut it.
local function shut_types(K)
  local found, permits, by = redis.call('HGETALL', K.valves), {}, {}
  for i = 1, #found, 2 do
    local left, who = found[i + 1]:match('^(%d+):(.*)$')
    permits[found[i]], by[found[i]] = tonumber(left), who
  end
  return permits, by
end

-- The lines this worker may take from, highest priority first: {priority, queue, type, key}.
local function lines_of(K, queues, types, permits)
  local known, lines = {}, {}
  for i = 1, #types do known[types[i]] = not permits or permits[types[i]] ~= 0 end
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
local function take(K, lines, first, last, count, taken, permits)
  if first == last and not (permits and permits[lines[first][3]]) then
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
      if heads[i] and (not oldest or heads[i] < heads[oldest]) and not (permits and permits[lines[i][3]] == 0) then
        oldest = i
      end
    end
    if not oldest then break end
    local type_ = lines[oldest][3]
    if permits and permits[type_] then permits[type_] = permits[type_] - 1 end
    taken[#taken + 1] = {redis.call('LPOP', lines[oldest][4]), lines[oldest]}
    heads[oldest] = redis.call('LINDEX', lines[oldest][4], 0)
  end
  for i = first, last do drop_if_empty(K, lines[i]) end
end

-- Drop places that were made void, jobs that are gone, that somebody holds, or that this claim took already (seen).
-- Returns whether a permit came back with one of them.
local function sift(K, taken, seen, read, jobs, permits)
  if #taken == 0 then return end
  local came_back = false
  local voids = redis.call('EXISTS', K.void) == 1
  local ids = {}
  for i = 1, #taken do ids[i] = taken[i][1]:sub(1, 24) end
  local bodies = redis.call('HMGET', K.bodies, unpack(ids))
  local held = redis.call('HMGET', K.held, unpack(ids))
  for i = 1, #taken do
    local id, place = ids[i], taken[i][1]
    local void = voids and redis.call('SREM', K.void, place) == 1
    local before, type_ = #jobs, taken[i][2][3]
    if bodies[i] and not held[i] and not void and not seen[id] then
      seen[id] = true
      local body = body_of(K, bodies[i], read)
      if body then
        jobs[#jobs + 1] = {id, place, taken[i][2], body}
      else
        redis.log(redis.LOG_WARNING, 'journeyman: the log does not hold the submission of job ' .. id .. ' any more')
      end
    end
    if permits and permits[type_] and #jobs == before then
      permits[type_], came_back = permits[type_] + 1, true
    end
  end
  return came_back
end

local function reply_with(now, entry, bodies, lines, places, fates)
  return {now, entry, table.concat(bodies), lines, places, fates}
end

-- Note how many permits are left of the types that these jobs are of.
local function spend(K, jobs, permits, by)
  local left = {}
  for i = 1, #jobs do
    local type_ = jobs[i][3][3]
    if by[type_] then left[type_] = permits[type_] .. ':' .. by[type_] end
  end
  for type_, value in pairs(left) do redis.call('HSET', K.valves, type_, value) end
end

-- Start the jobs; remember the batch, in case the reply is lost.
local function start(K, now, worker, record, number, jobs, fates)
  local events, holds, places, bodies, lines, line = {}, {}, {}, {}, {}, nil
  local by, mine = cmsgpack.pack(worker), ':' .. worker
  for i = 1, #jobs do
    local id, place, from, body = unpack(jobs[i])
    local attempt = place:match('^%d+', 25)
    events[i] = '\148\171job.started\184' .. id .. cmsgpack.pack(tonumber(attempt)) .. by
    holds[2 * i - 1], holds[2 * i] = id, attempt .. mine
    places[i], bodies[i] = place, body
    if from ~= line then
      line = from
      lines[#lines + 1] = line[2]
      lines[#lines + 1] = line[1]
      lines[#lines + 1] = 0
    end
    lines[#lines] = lines[#lines] + 1
  end
  sliced('HSET', K.held, holds)
  local entry = add(K, events, #events)
  redis.call('HSET', record, 'claim', number, 'batch', cmsgpack.pack({entry, lines, places}))
  return reply_with(now, entry, bodies, lines, places, fates)
end

-- Take what stands in line, up to count jobs.
local function take_in_line(K, queues, types, count, permits, jobs)
  local seen, read, lines, first = {}, K.added or {}, lines_of(K, queues, types, permits), 1
  while first <= #lines and #jobs < count do
    local after = first
    while lines[after + 1] and lines[after + 1][1] == lines[first][1] do after = after + 1 end
    repeat
      local taken, wanted = {}, count - #jobs
      take(K, lines, first, after, wanted, taken, permits)
      local came_back = sift(K, taken, seen, read, jobs, permits)
    until (#taken < wanted and not came_back) or #jobs >= count
    first = after + 1
  end
end
