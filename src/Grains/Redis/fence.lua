-- What another entity did under a claim: its receipt; or else, from now on, nothing any more: a commit under this claim that is still on
-- its way will be refused, so the claim can be taken over.
--
-- KEYS  1 receipts of the entity that holds the claim   ARGV  1 id   2 epoch of the claim
-- Returns the receipt, or nil when the claim is fenced.
local known = redis.call('HGET', KEYS[1], ARGV[1])
if known and known:byte() == 82 then
  return known
end
if not known or tonumber(known:sub(2)) < tonumber(ARGV[2]) then
  redis.call('HSET', KEYS[1], ARGV[1], 'X' .. ARGV[2])
end
return false
