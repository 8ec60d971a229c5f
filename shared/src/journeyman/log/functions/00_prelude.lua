-- What the functions share. Mechanism only: compare, append, push, pop, move, delete.
--
-- KEYS of every function: the partition's fixed keys, in the order of keys.py (K below).
-- ARGV[1] of every function: a msgpack array, its control; the other ARGV are events, already encoded.
-- Errors: JMREBUILD when derived keys are missing, JMEPOCH n when a later scheduler was elected, JMHISTORY when the log does
-- not hold what a decision was taken on, JMLOST when a worker is not registered, JMPASSED for a call that comes after a
-- later one of the same caller.

local SCHEMA = '1'
local HOUR = 3600000
local RETENTION = 86400000
local CALLER_KEPT = '3600000'
local UNPACK_MAX = 4000
local RINGS_MAX = 16
-- The idle workers that wait to be handed places (02_wanted.lua). No queue has such a name.
local RECEIVERS = ':>'

-- A server that is short of memory runs everything but what `flags` excepts: what ends jobs, and decides about them, makes
-- room in the long run.
local function register(name, callback, flags)
  redis.register_function{function_name = 'jm_@VERSION@_' .. name, callback = callback, flags = flags or {'allow-oom'}}
end

local NAMES = {@NAMES@}

local function open(keys)
  local K = {}
  for i = 1, #NAMES do K[NAMES[i]] = keys[i] end
  return K
end

local function now_ms()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- True, or false where the log is there and the keys derived from it are not. A new log begins here. (That meta exists says
-- nothing: a leader notes its retention there, whatever has happened meanwhile.)
local function derived(K)
  if redis.call('HEXISTS', K.meta, 'schema') == 1 then return true end
  if redis.call('EXISTS', K.log) == 1 then return false end
  redis.call('HSET', K.meta, 'schema', SCHEMA, 'born', now_ms())
  return true
end

-- A call that was overtaken by a later one of the same caller: nobody waits for its reply.
local PASSED = {err = 'JMPASSED a later call of this caller was answered'}
local LOST = {err = 'JMLOST'}
local REBUILD = {err = 'JMREBUILD the keys derived from the log are missing'}

-- Call `command` with key and list, in slices that fit Lua's stack (an even number of items each).
local function sliced(command, key, list)
  for first = 1, #list, UNPACK_MAX do
    redis.call(command, key, unpack(list, first, math.min(first + UNPACK_MAX - 1, #list)))
  end
end

-- What a commit of n events begins with: the header of a msgpack array, always three bytes.
local HEADER = 3

local function add(K, events, n, epoch, cursor)
  local commit = string.char(220, math.floor(n / 256), n % 256) .. table.concat(events)
  local entry
  if epoch then
    entry = redis.call('XADD', K.log, '*', 'c', commit, 'e', epoch, 'i', cursor)
  else
    entry = redis.call('XADD', K.log, '*', 'c', commit)
  end
  -- For whoever looks up a body of it in this very call.
  K.added = {[entry] = commit}
  return entry
end

-- --- bodies --------------------------------------------------------------------------------------------
--
-- The body of an open job is its job.submitted. It stands in the log; `bodies` holds where: entry (milliseconds, sequence),
-- start and size in the commit, 14 bytes. Once it is about to leave the log, `bodies` holds the event itself, which is
-- never so short.

local PLACE, PLACE_SIZE = '>I6I3I3I2', 14

-- Note where `count` submissions stand that follow each other in one entry, from byte `start` of its commit.
local function locate(K, entry, ids, sizes, first, count, start)
  local ms, seq = entry:match('^(%d+)-(%d+)$')
  local head = struct.pack('>I6I3', tonumber(ms), tonumber(seq))
  local places, at = {}, 0
  for i = first, first + count - 1 do
    places[at + 1], places[at + 2] = ids[i], head .. struct.pack('>I3I2', start, sizes[i])
    start, at = start + sizes[i], at + 2
  end
  sliced('HSET', K.bodies, places)
end

-- The body that a value of `bodies` stands for; nil where the log does not hold it any more. read: commits read so far.
local function body_of(K, value, read)
  if #value ~= PLACE_SIZE then return value end
  local ms, seq, start, size = struct.unpack(PLACE, value)
  local entry = string.format('%d-%d', ms, seq)
  local commit = read[entry]
  if commit == nil then
    local found = redis.call('XRANGE', K.log, entry, entry)
    commit = found[1] and found[1][2][2] or false
    read[entry] = commit
  end
  if commit then return commit:sub(start + 1, start + size) end
end

-- Forget the body of an open job and return it.
local function take_body(K, job)
  local value = redis.call('HGET', K.bodies, job)
  if not value then return nil end
  redis.call('HDEL', K.bodies, job)
  return body_of(K, value, {})
end

-- --- how jobs ended ------------------------------------------------------------------------------------

local function retention(K)
  return tonumber(redis.call('HGET', K.meta, 'retention')) or RETENTION
end

local function ended(K, job, now)
  local last = math.floor(now / HOUR)
  for hour = last, last - math.ceil(retention(K) / HOUR), -1 do
    local value = redis.call('HGET', K.ended .. ':' .. hour, job)
    if value then return value, hour end
  end
end

local function remember(K, pairs_, now)
  local key = K.ended .. ':' .. math.floor(now / HOUR)
  sliced('HSET', key, pairs_)
  redis.call('PEXPIRE', key, string.format('%d', retention(K) + HOUR))
end

-- unknown, open, completed, failed or cancelled.
local function status(K, job, now)
  if redis.call('HEXISTS', K.bodies, job) == 1 then return 'open' end
  if redis.call('HEXISTS', K.dead, job) == 1 then return 'failed' end
  local value = ended(K, job, now)
  if not value then return 'unknown' end
  return value:sub(1, 1) == 'c' and 'completed' or 'cancelled'
end

-- [facts, body] as one msgpack array; the body is one already.
local function with_body(facts, body)
  return '\146' .. cmsgpack.pack(facts) .. body
end

local function body_behind_facts(value, from)
  local after = cmsgpack.unpack_one(value, from)
  return value:sub(after + 1)
end

-- --- doorbells -----------------------------------------------------------------------------------------

-- Returns whether anybody heard it.
local function ring(K, worker)
  return redis.call('SPUBLISH', K.bell .. ':' .. worker, '') > 0
end

-- Whoever leads listens here. Rung for what something may follow from; anything else it reads in its own time, for
-- waking it first would keep the one waiting whom this call is for.
local SCHEDULER = 'scheduler'

-- Rung before anything is brought (04_bringing.lua), to see whether somebody listens. It means nothing to who hears it.
local ANYBODY = '.'

-- Whether a worker's offer stands: the number under which a job may start for it comes after that of its last claim.
local function stands(offer, claim)
  return offer and tonumber(offer) > (tonumber(claim) or 0)
end

-- Choose a worker to start a job for, at the end of this call, if its offer stands, and it listens. about: its types, offer,
-- last claim that brought something, and whether it is to drain.
local function choose(K, worker, about, queue, type_)
  if not stands(about[2], about[3]) or about[4] then return false end
  if not redis.call('ZSCORE', K.beats, worker) then return false end
  if redis.call('SPUBLISH', K.bell .. ':' .. worker, ANYBODY) == 0 then return false end
  K.chosen = K.chosen or {}
  table.insert(K.chosen, {worker, queue, type_})
  return true
end

-- Ring up to `wanted` of the workers in one idle set that know the type; return how many are still wanted. One that does not
-- hear it, as it was killed, does not count. may_bring: a job may be started for one of them, too.
local function ring_from(K, idle, queue, type_, wanted, may_bring)
  local workers = redis.call('SRANDMEMBER', idle, RINGS_MAX)
  for i = 1, #workers do
    local worker = workers[i]
    local about = redis.call('HMGET', K.worker .. ':' .. worker, 'types', 'offer', 'claim', 'drain')
    if not about[1] then
      redis.call('SREM', idle, worker)
    elseif about[1]:find('\n' .. type_ .. '\n', 1, true) then
      redis.call('SREM', idle, worker)
      if may_bring and choose(K, worker, about, queue, type_) or ring(K, worker) then
        wanted = wanted - 1
        if wanted <= 0 then return 0 end
      end
    end
  end
  return wanted
end

-- Ring up to `wanted` idle workers that serve the queue and know the type.
local function ring_idle(K, queue, type_, wanted, may_bring)
  wanted = ring_from(K, K.idle .. ':*', queue, type_, wanted, may_bring)
  if wanted > 0 then ring_from(K, K.idle .. ':' .. queue, queue, type_, wanted, may_bring) end
end

local function push(K, side, queue, priority, type_, places, may_bring)
  local line = priority .. ':' .. type_
  sliced(side, K.ready .. ':' .. queue .. ':' .. line, places)
  redis.call('ZADD', K.ready .. ':' .. queue, priority, line)
  redis.call('SADD', K.queues, queue)
  ring_idle(K, queue, type_, #places, may_bring)
end

-- --- guards: nil if it holds, else the word for why not ------------------------------------------------

local GUARDS = {}

function GUARDS.open(K, now, job)
  local is = status(K, job, now)
  if is ~= 'open' then return is end
end

function GUARDS.waiting(K, now, job)
  local is = status(K, job, now)
  if is ~= 'open' then return is end
  local held = redis.call('HGET', K.held, job)
  if held and held:sub(-1) ~= ':' then return 'held' end
end

function GUARDS.standing(K, now, job)
  local why = GUARDS.waiting(K, now, job)
  if why then return why end
  if redis.call('HEXISTS', K.held, job) == 1 then return 'spent' end
end

function GUARDS.held(K, now, job, attempt, worker)
  if redis.call('HGET', K.held, job) ~= attempt .. ':' .. worker then return 'not_held' end
end

function GUARDS.ended(K, now, job)
  local is = status(K, job, now)
  if is ~= 'failed' and is ~= 'cancelled' then return is end
end

function GUARDS.alive(K, now, worker)
  if not redis.call('ZSCORE', K.beats, worker) then return 'unknown' end
end

function GUARDS.silent(K, now, worker, since)
  local beat = redis.call('ZSCORE', K.beats, worker)
  if not beat then return 'unknown' end
  if tonumber(beat) > since then return 'beating' end
end

function GUARDS.orphaned(K, now, job, attempt, worker)
  if redis.call('HGET', K.held, job) ~= attempt .. ':' .. worker then return 'not_held' end
  if redis.call('ZSCORE', K.beats, worker) then return 'alive' end
end

-- --- effects -------------------------------------------------------------------------------------------

local EFFECTS = {}

function EFFECTS.store()
  -- `apply` notes where the submissions stand, once their entry is written.
end

function EFFECTS.push(K, now, queue, priority, type_, places)
  -- One may be brought to a worker; of many, workers take as many as they have room for.
  push(K, 'RPUSH', queue, priority, type_, places, #places == 1)
end

EFFECTS['void'] = function(K, now, place)
  if redis.call('HEXISTS', K.held, place:sub(1, 24)) == 0 then redis.call('SADD', K.void, place) end
end

function EFFECTS.release(K, now, job)
  redis.call('HDEL', K.held, job)
end

function EFFECTS.interrupt(K, now, job)
  local held = redis.call('HGET', K.held, job)
  if not held then return end
  local attempt, worker = held:match('^(%d+):(.*)$')
  if not redis.call('ZSCORE', K.beats, worker) then return end
  redis.call('HSET', K.stop .. ':' .. worker, job, attempt)
  ring(K, worker)
end

function EFFECTS.bury(K, now, job, attempt, generation, type_, queue, error_type, fingerprint)
  redis.call('HDEL', K.held, job)
  local body = take_body(K, job)
  if not body then return end
  redis.call('HSET', K.dead, job, with_body({now, attempt, generation, type_, queue, error_type, fingerprint}, body))
end

function EFFECTS.discard(K, now, job, attempt, generation)
  redis.call('HDEL', K.held, job)
  local body = take_body(K, job)
  if not body then return end
  remember(K, {job, 'x' .. with_body({attempt, generation}, body)}, now)
end

function EFFECTS.reopen(K, now, job)
  local value = redis.call('HGET', K.dead, job)
  if value then
    redis.call('HDEL', K.dead, job)
    redis.call('HSET', K.bodies, job, body_behind_facts(value, 1))
    return
  end
  local hour
  value, hour = ended(K, job, now)
  redis.call('HDEL', K.ended .. ':' .. hour, job)
  redis.call('HSET', K.bodies, job, body_behind_facts(value, 2))
end

function EFFECTS.gate(K, now, queue, is_open)
  if not is_open then
    redis.call('SADD', K.paused, queue)
    return
  end
  redis.call('SREM', K.paused, queue)
  local lines = redis.call('ZRANGE', K.ready .. ':' .. queue, 0, -1)
  for i = 1, #lines do
    local places = redis.call('LLEN', K.ready .. ':' .. queue .. ':' .. lines[i])
    ring_idle(K, queue, lines[i]:match(':(.*)$'), places)
  end
end

function EFFECTS.join(K, now, worker, queues, types)
  redis.call('ZADD', K.beats, now, worker)
  redis.call('HSET', K.worker .. ':' .. worker, 'queues', '\n' .. table.concat(queues, '\n') .. '\n',
    'types', '\n' .. table.concat(types, '\n') .. '\n')
  redis.call('HSETNX', K.worker .. ':' .. worker, 'finish', 0)
end

function EFFECTS.drain(K, now, worker)
  redis.call('HSET', K.worker .. ':' .. worker, 'drain', '1')
  ring(K, worker)
end

function EFFECTS.leave(K, now, worker)
  redis.call('ZREM', K.beats, worker)
  local queues = redis.call('HGET', K.worker .. ':' .. worker, 'queues') or ''
  for queue in queues:gmatch('[^\n]+') do redis.call('SREM', K.idle .. ':' .. queue, worker) end
  redis.call('SREM', K.idle .. RECEIVERS, worker)
  redis.call('DEL', K.worker .. ':' .. worker, K.stop .. ':' .. worker)
end

-- --- proposals -----------------------------------------------------------------------------------------

-- A proposal on the wire: [guard or false, effects, runs, idempotency or false]. Its events come as runs, one argument
-- each: events that stay in one commit. runs: three numbers for each: how many events are written, how many they stand
-- for, and 1 where a new commit begins with it.
-- Returns a verdict: '' (accepted), '-why' or '=offset\nanswer' (accepted before).
local function judge(K, now, proposal, seen)
  local idem = proposal[4]
  if idem then
    local key, fingerprint = idem[1], idem[2]
    local stored = seen[key] or redis.call('GET', K.idem .. ':' .. key)
    if stored then
      local first = stored:find('\n', 1, true)
      if stored:sub(1, first - 1) ~= fingerprint then return '-key_reused' end
      return '=' .. stored:sub(first + 1)
    end
  end
  local guard = proposal[1]
  if guard then
    local why = GUARDS[guard[1]](K, now, guard[2], guard[3], guard[4])
    if why then return '-' .. why end
  end
  return ''
end

-- Whether a proposal is about one of the jobs that this very call stores.
local function stores(stored, proposal)
  local about = {[proposal[1] and proposal[1][2] or ''] = true}
  for i = 1, #proposal[2] do about[tostring(proposal[2][i][2])] = true end
  for i = 1, #stored do
    for j = 1, #stored[i][1] do
      if about[stored[i][1][j]] then return true end
    end
  end
  return false
end

-- Append what holds. Returns verdicts, '+offset' for those accepted now ('+' where they have no events), and whether
-- anything may follow from it: not from jobs that were released with their submission.
local function apply(K, now, proposals, args, epoch, cursor)
  local verdicts, seen, remembered, argument = {}, {}, {}, 1
  local runs, written, stand_for, bytes, waiting, stored = {}, 0, 0, HEADER, {}, {}
  local decidable = false
  local function flush()
    if #runs == 0 then return end
    local entry = add(K, runs, written, epoch, cursor)
    for i = 1, #waiting do verdicts[waiting[i][1]] = '+' .. entry .. '/' .. waiting[i][2] end
    for i = 1, #stored do locate(K, entry, unpack(stored[i])) end
    runs, written, stand_for, bytes, waiting, stored = {}, 0, 0, HEADER, {}, {}
  end
  for p = 1, #proposals do
    local proposal = proposals[p]
    local effects, own = proposal[2], proposal[3]
    local ids, sizes
    if effects[1] and effects[1][1] == 'store' then ids, sizes = effects[1][2], effects[1][3] end
    if not ids and #stored > 0 and stores(stored, proposal) then flush() end
    local verdict = judge(K, now, proposal, seen)
    local accepted, job = verdict == '', 1
    verdicts[p] = accepted and '+' or verdict
    for r = 1, #own, 3 do
      argument = argument + 1
      if own[r + 2] == 1 then flush() end
      if accepted then
        local run = args[argument]
        if ids then
          stored[#stored + 1] = {ids, sizes, job, own[r], bytes}
          job = job + own[r]
        end
        if not ids or own[r + 1] < 2 * own[r] then decidable = true end
        runs[#runs + 1] = run
        written, stand_for, bytes = written + own[r], stand_for + own[r + 1], bytes + #run
        if r + 3 > #own then waiting[#waiting + 1] = {p, stand_for - 1} end
      end
    end
    if accepted then
      for i = 1, #effects do EFFECTS[effects[i][1]](K, now, unpack(effects[i], 2)) end
      if proposal[4] then
        remembered[#remembered + 1] = p
        seen[proposal[4][1]] = proposal[4][2] .. '\n@' .. p .. '\n' .. proposal[4][3]
      end
    end
  end
  flush()
  for i = 1, #remembered do
    local p = remembered[i]
    local idem = proposals[p][4]
    local value = idem[2] .. '\n' .. verdicts[p]:sub(2) .. '\n' .. idem[3]
    redis.call('SET', K.idem .. ':' .. idem[1], value, 'PX', string.format('%d', idem[4]))
  end
  for p = 1, #verdicts do -- a replay of a request that stands earlier in this very call
    local first, rest = verdicts[p]:match('^=@(%d+)\n(.*)$')
    if first then verdicts[p] = '=' .. verdicts[tonumber(first)]:sub(2) .. '\n' .. rest end
  end
  return verdicts, decidable
end
