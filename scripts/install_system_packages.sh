#!/usr/bin/env bash
# Installs what the system tests run beside Airflow, from Debian, where it is missing.
set -eu

packages=()
compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null || packages+=(postgresql)
# The programs alone: the package mariadb-server would start a server of its own.
{ command -v mariadbd && command -v mariadb-dump; } >/dev/null || packages+=(mariadb-server-core mariadb-client)
command -v redis-server >/dev/null || packages+=(redis-server)
{ command -v node && command -v npm; } >/dev/null || packages+=(nodejs npm)
command -v chromium >/dev/null || packages+=(chromium fonts-dejavu-core)

if [ ${#packages[@]} -eq 0 ]; then
  exit 0
fi
if ! command -v apt-get >/dev/null; then
  echo "The system tests need these programs, and only Debian's packages can be installed from here: ${packages[*]}" >&2
  exit 1
fi
as_root=()
[ "$(id --user)" -eq 0 ] || as_root=(sudo)
if [[ " ${packages[*]} " == *" postgresql "* ]]; then
  # The programs alone: the package would start a server of its own.
  "${as_root[@]}" mkdir -p /etc/postgresql-common/createcluster.d
  echo "create_main_cluster = false" | "${as_root[@]}" tee /etc/postgresql-common/createcluster.d/none.conf >/dev/null
fi
"${as_root[@]}" apt-get update --quiet
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends "${packages[@]}"
