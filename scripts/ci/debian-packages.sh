#!/usr/bin/env bash
# What CI needs of the system: Debian's PostgreSQL 15, PgBouncer and Redis, and what a headless Chromium links to.
# None is started by the system: the scripts start their own, on free ports.
set -euo pipefail

missing=()
[ -x /usr/lib/postgresql/15/bin/postgres ] || missing+=(postgresql-15)
[ -x /usr/sbin/pgbouncer ] || missing+=(pgbouncer)
[ -x /usr/bin/redis-server ] || missing+=(redis-server)
for library in libnss3 libexpat1; do
  dpkg -s "$library" > /dev/null 2>&1 || missing+=("$library")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -ne 0 ]; then
  echo "CI needs: apt-get install ${missing[*]}" >&2
  exit 1
fi

# The way Debian has for "install, but start nothing".
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' > "$policy"
  chmod +x "$policy"
  trap 'rm -f "$policy"' EXIT
fi
mkdir -p /etc/postgresql-common
[ -e /etc/postgresql-common/createcluster.conf ] ||
  echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf

export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qq -y --no-install-recommends "${missing[@]}" > /dev/null
