-- Takes the claim of an id if it stands as the caller believes: compare and set.
--
-- KEYS  1 claim   ARGV  1 what is believed ('' = nobody's)   2 'epoch kind/id' to put there
-- Returns nil when it is the caller's now, else what stands there.
local held = redis.call('GET', KEYS[1])
if (held or '') == ARGV[1] then
  redis.call('SET', KEYS[1], ARGV[2])
  return false
end
return held
