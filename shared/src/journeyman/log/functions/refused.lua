-- refused: which of some commands the caller's user may not call, on our keys and channels.
--
-- ARGV[1]: [command, ...], in upper case.
-- Returns [command, ...].
--
-- Protects all promises: whoever is refused a command in the midst of a function leaves half of its work behind.

register('refused', function(keys, args)
  local K, found = open(keys), {}
  for _, command in ipairs(cmsgpack.unpack(args[1])) do
    if not redis.acl_check_cmd(command, K[command == 'SPUBLISH' and 'bell' or 'ready'] .. ':') then
      found[#found + 1] = command
    end
  end
  return found
end, {'no-writes'})
