-- The offset before the first commit at or after a time. Commits are in the order of time but for the milliseconds by which clocks differ;
-- the answer is as exact as that. Looks from a known earlier answer in steps that double, so asking again a little later costs a few probes.
--
-- KEYS  1 feed   2 head   ARGV  1 time, ms   2 offset of an answer for an earlier time, or 0
local function entry(command, from)
  local found = redis.call(command, KEYS[1], string.format('%.0f-0', from), command == 'XRANGE' and '+' or '-', 'COUNT', 1)[1]
  if found then
    return tonumber(found[1]:match('^%d+')), tonumber(found[2][6]), tonumber(found[2][8])
  end
end

local at, head = tonumber(ARGV[1]), tonumber(redis.call('GET', KEYS[2]) or 0)
local last, count, time = entry('XRANGE', tonumber(ARGV[2]) + 1)
if not last then
  return head
end
if time >= at then
  return last - count
end

-- low is too early; high is not, or past the end.
local low, high, step = last, head + 1, 1
while low + step < high do
  local _, _, when = entry('XREVRANGE', low + step)
  if when >= at then
    high = low + step
    break
  end
  low = low + step
  step = step * 2
end
while high - low > 1 do
  local middle = math.floor((low + high) / 2)
  local _, _, when = entry('XREVRANGE', middle)
  if when >= at then
    high = middle
  else
    low = middle
  end
end

-- low may lie inside the commit that follows it: an entry carries its commit's last offset.
last = entry('XREVRANGE', low)
return last
