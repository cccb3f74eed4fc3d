# PostgreSQL 15 from Debian, started like the official postgres image.
FROM autofix-kit/debian:bookworm
ENV LANG=C.UTF-8 PGDATA=/var/lib/postgresql/data PG_MAJOR=15 \
    PATH=/usr/lib/postgresql/15/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
# The same numeric user as in the official image, so that mounts fit both.
RUN groupadd --system --gid 999 postgres \
 && useradd --system --uid 999 --gid 999 --home-dir /var/lib/postgresql postgres \
 && mkdir -p /etc/postgresql-common \
 && echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf \
 && apt-get update -q \
 && apt-get install -qy postgresql-15 \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
# Initialising here makes a start take a fraction of a second.
RUN install -d -o postgres -g postgres -m 0700 /usr/local/share/pgdata "$PGDATA" \
 && install -d -o postgres -g postgres -m 2775 /run/postgresql \
 && setpriv --reuid=postgres --regid=postgres --init-groups \
    initdb --pgdata=/usr/local/share/pgdata --username=postgres --encoding=UTF8 \
           --wal-segsize=1 --auth-local=trust --auth-host=scram-sha-256 --no-sync \
 && echo "listen_addresses = '*'" >> /usr/local/share/pgdata/postgresql.conf
COPY entrypoint /usr/local/bin/docker-entrypoint
STOPSIGNAL SIGINT
EXPOSE 5432
ENTRYPOINT ["docker-entrypoint"]
CMD ["postgres"]
