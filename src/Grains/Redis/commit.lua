-- One commit (DESIGN.md 5): all of it or none of it. Looks first and writes last, so what is refused leaves no trace; and only the
-- first write can fail (memory full, disk full, a replica), so nothing is ever half done.
--
-- KEYS  1 events (list: index = seq - 1)   2 entity (hash: m = memberships and facets of the list row, v = the row)
--       3 receipts (hash: id -> 'R' receipt | 'X' highest fenced claim)   4.. claims that can be read here, in the order of their ids
--       in a cluster last a key that never exists: while the slot moves, Redis refuses the call for it instead of failing half way
-- ARGV  1 prefix of the partition's keys   2 account   3 kind/id   4 expected seq   5 now, ms   6 next deadline, ms, or ''
--       7 feed: keep ms   8 feed: keep entries   9 numbers of: ids   10 events   11 outbox messages   12 has a row (0|1)
--       then for each id: id, claim ('epoch kind/id'), epoch, 1 if its claim is in KEYS, receipt
--       then the events; for each outbox message: order key, message; then memberships and facets, row
--
-- Returns the feed's head when committed, else {status, ...}.
local REPLAYED, CONFLICT, CONTESTED, FENCED = 1, 2, 3, 4
local FIRST_ID, PER_ID = 13, 5
local TRIM_EVERY = 256
local MOST_AT_ONCE = 1000 -- Lua's stack bounds what one call may take

local call = redis.call
local prefix, account, entity = ARGV[1], ARGV[2], ARGV[3]
local ref = account .. '/' .. entity
local expected, at = tonumber(ARGV[4]), ARGV[5]
local ids, events, outbox = tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11])

-- What this entity knows of the ids. The receipt comes before the version: a retry of what succeeded must hear its answer, not a
-- conflict with itself.
local known = {}
for i = 1, ids do
  known[i] = call('HGET', KEYS[3], ARGV[FIRST_ID + (i - 1) * PER_ID])
end
if known[1] and known[1]:byte() == 82 then
  return {REPLAYED, known[1]}
end

-- Who else claims them.
local contested
local key = 3
local unclaimed = {}
for i = 1, ids do
  local arg = FIRST_ID + (i - 1) * PER_ID
  local inline = ARGV[arg + 3] == '1'
  if inline then
    key = key + 1
  end
  if not (known[i] and known[i]:byte() == 82) then
    if known[i] and tonumber(ARGV[arg + 2]) <= tonumber(known[i]:sub(2)) then
      return {FENCED, i, known[i]:sub(2)}
    end
    if inline then
      local held = call('GET', KEYS[key])
      if not held then
        unclaimed[#unclaimed + 1] = key
        unclaimed[#unclaimed + 1] = ARGV[arg + 1]
      elseif held ~= ARGV[arg + 1] then
        contested = contested or {CONTESTED}
        contested[#contested + 1] = i
      end
    end
  end
end
if contested then
  return contested
end

local seq = call('LLEN', KEYS[1])
if seq ~= expected then
  return {CONFLICT, seq}
end

-- From here on everything is written.
local arg = FIRST_ID
for i = 1, ids do
  call('HSET', KEYS[3], ARGV[arg], ARGV[arg + 4])
  arg = arg + PER_ID
end
for i = 1, #unclaimed, 2 do
  call('SET', KEYS[unclaimed[i]], unclaimed[i + 1])
end

local head
if events > 0 then
  for first = arg, arg + events - 1, MOST_AT_ONCE do
    call('RPUSH', KEYS[1], unpack(ARGV, first, math.min(first + MOST_AT_ONCE, arg + events) - 1))
  end
  arg = arg + events
  head = call('INCRBY', prefix .. 'head', events)
  local id = string.format('%.0f-0', head)
  call('XADD', prefix .. 'feed', id, 'e', ref, 's', expected + 1, 'n', events, 't', at)
  call('XADD', prefix .. 'feed:' .. account, id, 'e', ref, 's', expected + 1, 'n', events, 't', at)

  -- Now and then, so that it costs each commit next to nothing: forget what is too old or too much.
  if math.floor(head / TRIM_EVERY) > math.floor((head - events) / TRIM_EVERY) then
    local oldest = tonumber(at) - tonumber(ARGV[7])
    local first = call('XRANGE', prefix .. 'feed', '-', '+', 'COUNT', 1)[1]
    if first and tonumber(first[2][8]) < oldest then
      -- Halve [low, high]: the last entry that is too old lies in it.
      local low, high = tonumber(first[1]:match('^%d+')), head
      while low < high do
        local middle = math.floor((low + high + 1) / 2)
        local probe = call('XREVRANGE', prefix .. 'feed', string.format('%.0f-0', middle), '-', 'COUNT', 1)[1]
        if tonumber(probe[2][8]) < oldest then low = middle else high = middle - 1 end
      end
      call('XTRIM', prefix .. 'feed', 'MINID', '~', string.format('%.0f-0', low + 1))
    end
    call('XTRIM', prefix .. 'feed', 'MAXLEN', '~', ARGV[8])
    first = call('XRANGE', prefix .. 'feed', '-', '+', 'COUNT', 1)[1]
    if first then
      call('XTRIM', prefix .. 'feed:' .. account, 'MINID', '~', first[1])
    end
  end
else
  head = tonumber(call('GET', prefix .. 'head') or 0)
end

if ARGV[6] ~= '' then
  call('ZADD', prefix .. 'due', ARGV[6], ref)
else
  call('ZREM', prefix .. 'due', ref)
end

for i = 1, outbox do
  local queue = account .. '/' .. ARGV[arg]
  local id = string.format('%016.0f', call('INCR', prefix .. 'last:outbox'))
  call('HSET', prefix .. 'message:' .. id, 'q', queue, 'm', ARGV[arg + 1], 'd', at, 'a', 0)
  if call('RPUSH', prefix .. 'queue:' .. queue, id) == 1 then
    call('ZADD', prefix .. 'outbox', at, id)
  end
  arg = arg + 2
end

if ARGV[12] == '1' then
  local old, new = call('HGET', KEYS[2], 'm'), ARGV[arg]
  if old ~= new then
    -- Memberships: {list, sort value, list, sort value, ...}
    local lists = prefix .. 'list:' .. account .. '/'
    local was, is = {}, cmsgpack.unpack(new)[1]
    if old then
      local before = cmsgpack.unpack(old)[1]
      for i = 1, #before, 2 do
        was[before[i]] = before[i + 1]
      end
    end
    local id = entity:match('/(.*)')
    for i = 1, #is, 2 do
      if was[is[i]] ~= is[i + 1] then
        call('ZADD', lists .. is[i], is[i + 1], id)
      end
      was[is[i]] = nil
    end
    for list in pairs(was) do
      call('ZREM', lists .. list, id)
    end
    call('HSET', KEYS[2], 'm', new, 'v', ARGV[arg + 1])
  else
    call('HSET', KEYS[2], 'v', ARGV[arg + 1])
  end
end

return head
