# Stands in for the image postgres:18 where no registry can be reached (scripts/deploy/images/base-images.ts): Debian's Postgres.
FROM debian:bookworm-slim
RUN apt-get update \
  && apt-get install -y --no-install-recommends postgresql \
  && rm -rf /var/lib/apt/lists/* /var/lib/postgresql/* \
  && ln -s /usr/lib/postgresql/*/bin /usr/local/postgres
COPY postgres-entry.sh /usr/local/bin/
ENV PATH=/usr/local/postgres:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  PGDATA=/var/lib/postgresql/data
VOLUME /var/lib/postgresql
STOPSIGNAL SIGINT
ENTRYPOINT ["sh", "/usr/local/bin/postgres-entry.sh"]
