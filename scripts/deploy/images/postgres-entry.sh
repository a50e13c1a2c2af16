# Makes the cluster at the first start, with the role and the database that POSTGRES_USER, POSTGRES_DB and
# POSTGRES_PASSWORD_FILE name, and becomes Postgres.
set -eu
chown postgres:postgres /var/lib/postgresql
as_postgres() { setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; }
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  as_postgres initdb --username="$POSTGRES_USER" --auth=scram-sha-256 --pwfile="$POSTGRES_PASSWORD_FILE" \
    --encoding=UTF8 --locale=C.UTF-8
  echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
  echo "create database \"$POSTGRES_DB\"" | as_postgres postgres --single -j postgres > /dev/null
fi
exec setpriv --reuid=postgres --regid=postgres --clear-groups postgres -c listen_addresses='*'
