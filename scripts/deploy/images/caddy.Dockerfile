# Stands in for the image caddy:2 where no registry can be reached (scripts/deploy/images/base-images.ts): Debian's Caddy.
FROM debian:bookworm-slim
RUN apt-get update \
  && apt-get install -y --no-install-recommends caddy \
  && rm -rf /var/lib/apt/lists/*
ENV XDG_CONFIG_HOME=/config \
  XDG_DATA_HOME=/data
VOLUME /config /data
WORKDIR /srv
CMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]
