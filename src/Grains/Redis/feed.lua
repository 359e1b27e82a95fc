-- A piece of a partition's feed, or of one account's part of it. The feed holds where the events are; they themselves are kept once.
--
-- KEYS  1 feed   ARGV  1 prefix of the partition's keys   2 first offset wanted   3 most commits
-- Returns {last offset, account/kind/id, seq of the first event, {events}} for each commit.
local commits = redis.call('XRANGE', KEYS[1], ARGV[2], '+', 'COUNT', ARGV[3])
for i = 1, #commits do
  local fields = commits[i][2]
  local first = tonumber(fields[4]) - 1
  commits[i] = {
    commits[i][1], fields[2], fields[4],
    redis.call('LRANGE', ARGV[1] .. 'events:' .. fields[2], first, first + tonumber(fields[6]) - 1),
  }
end
return commits
