#!/bin/sh
# Start PostgreSQL the way the official image does, as far as tests use it:
# POSTGRES_PASSWORD, POSTGRES_USER, POSTGRES_DB, POSTGRES_HOST_AUTH_METHOD; further
# arguments go to postgres. Init scripts are not run.
set -eu

case "${1:-postgres}" in
-*) set -- postgres "$@" ;;
postgres) ;;
*) exec "$@" ;;
esac

if [ "$(id -u)" = 0 ]; then
    mkdir -p "$PGDATA" /run/postgresql
    chown postgres:postgres "$PGDATA" /run/postgresql
    exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi

if [ ! -s "$PGDATA/PG_VERSION" ]; then
    user=${POSTGRES_USER:-postgres}
    database=${POSTGRES_DB:-$user}
    method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
    if [ -z "${POSTGRES_PASSWORD:-}" ] && [ "$method" != trust ]; then
        echo 'Error: Database is uninitialized and superuser password is not specified.' >&2
        echo 'Set POSTGRES_PASSWORD, or POSTGRES_HOST_AUTH_METHOD=trust.' >&2
        exit 1
    fi
    cp -a /usr/local/share/pgdata/. "$PGDATA"
    chmod 0700 "$PGDATA"
    echo "host all all all $method" >> "$PGDATA/pg_hba.conf"

    quoted() { printf %s "$1" | sed "s/$2/$2$2/g"; }
    role=$(quoted "$user" '"')
    {
        [ "$user" = postgres ] || echo "CREATE ROLE \"$role\" SUPERUSER LOGIN"
        [ -z "${POSTGRES_PASSWORD:-}" ] ||
            echo "ALTER ROLE \"$role\" PASSWORD '$(quoted "$POSTGRES_PASSWORD" "'")'"
        [ "$database" = postgres ] ||
            echo "CREATE DATABASE \"$(quoted "$database" '"')\" OWNER \"$role\""
    } | postgres --single -F -D "$PGDATA" postgres > /dev/null
fi

unset POSTGRES_PASSWORD
exec "$@"
