#!/bin/sh
# Start Valkey with the users of users.acl, and as an event log wants to be kept: append-only, nothing evicted.
#
# In users.acl, @NAME_PASSWORD@ becomes the digest of what that variable of the environment says; it has to say something.
# Nobody comes in as `default`, and yet it may do everything: the server reads its append-only file as that user, and leaves out
# the transactions in it that the user is not allowed.
#
# What services do to their data they do in functions, and one that is refused a command stops half-way. So whoever may call
# functions has all the commands that functions call, on the keys of the namespace `jm`; nobody but `operator` has more power
# than that over anything else.
set -eu

connected="+ping +time +info +cluster|slots +acl|getuser +config|get +client|setinfo +function|load +fcall"
functions="+del +exists +get +hdel +hexists +hget +hgetall +hmget +hset +hsetnx +lindex +llen +lpop +lpos +lpush +lrem +pexpire +pttl +rpush +sadd \
+set +sismember +smembers +spublish +srandmember +srem +xadd +xrange +zadd +zrange +zrem +zscore"
reader="+xread +xrevrange +xinfo|stream"
listener="+ssubscribe +sunsubscribe"

script="s/@CONNECTED@/$connected/; s/@FUNCTIONS@/$functions/; s/@READER@/$reader/; s/@LISTENER@/$listener/"
for user in INGEST SCHEDULER WORKER AUTOSCALER DASHBOARD OPERATOR; do
  eval "password=\${${user}_PASSWORD:?}"
  digest=$(printf %s "$password" | sha256sum | cut -d ' ' -f 1)
  script="$script; s/@${user}_PASSWORD@/$digest/"
done
umask 077
sed "$script" /usr/local/share/journeyman/users.acl > /run/valkey/users.acl

exec valkey-server --aclfile /run/valkey/users.acl --dir /data --bind '*' '-::*' --protected-mode no \
  --appendonly yes --appendfsync everysec --save '' --maxmemory-policy noeviction "$@"
