-- Tries every command the writing scripts use, on a key nobody else has. A Redis that lacks one (too old, or a user who may not) would
-- fail in the middle of a commit; it is to fail here.
--
-- KEYS  1 scratch
local function with(command, ...)
  local answer = redis.pcall(command, KEYS[1], ...)
  if type(answer) == 'table' and answer.err then
    error(command .. ': ' .. answer.err)
  end
  return answer
end

with('DEL')
with('SET', 1)
with('INCR')
with('INCRBY', 2)
with('GET')
with('DEL')
with('HSET', 'a', 1)
with('HINCRBY', 'a', 1)
with('HGET', 'a')
with('HMGET', 'a', 'b')
with('HDEL', 'a')
with('UNLINK')
with('RPUSH', 'a', 'b')
with('LLEN')
with('LINDEX', 0)
with('LRANGE', 0, -1)
with('LREM', 1, 'a')
with('DEL')
with('ZADD', 1764158400000, 'a')
local exact = with('ZSCORE', 'a') == '1764158400000'
with('ZRANK', 'a')
with('ZREVRANK', 'a')
with('ZCOUNT', '-inf', '(5')
with('ZRANGE', 0, -1, 'WITHSCORES')
with('ZREVRANGE', 0, -1, 'WITHSCORES')
with('ZRANGEBYSCORE', '-inf', '+inf', 'LIMIT', 0, 1)
with('ZREVRANGEBYSCORE', '+inf', '-inf', 'LIMIT', 0, 1)
with('ZRANGEBYLEX', '-', '+', 'LIMIT', 0, 1)
with('ZREVRANGEBYLEX', '+', '-', 'LIMIT', 0, 1)
with('ZREM', 'a')
with('XADD', '3-0', 'a', 1)
with('XRANGE', '-', '+', 'COUNT', 1)
with('XREVRANGE', '+', '-', 'COUNT', 1)
with('XTRIM', 'MAXLEN', '~', 1)
with('XTRIM', 'MINID', '~', '4-0')
with('DEL')
with('EXISTS')
return exact and cmsgpack.unpack(cmsgpack.pack({7}))[1] == 7
