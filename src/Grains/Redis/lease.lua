-- A partition's lease: who works it.
--
-- KEYS  1 lease (hash: e = epoch of the newest worker, h = 1 while it may have something under way)
-- ARGV  1 what to do: take | release   2 epoch (release)
-- Take returns {the new epoch, 1 if the worker before may still have something under way}; release: nothing of use.
local call = redis.call
local lease = KEYS[1]
if ARGV[1] == 'take' then
  local held = call('HGET', lease, 'h') == '1' and 1 or 0
  call('HSET', lease, 'h', 1)
  return {call('HINCRBY', lease, 'e', 1), held}
end
if call('HGET', lease, 'e') == ARGV[2] then
  call('HSET', lease, 'h', 0)
end
return 0
