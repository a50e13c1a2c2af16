# The server with its web app: `docker build -t throughline .`; how to run it: docs/operations.md and compose.yaml.
FROM node:26-bookworm-slim AS build
WORKDIR /app
# binutils takes 30 MB of symbols out of Node; Node wants libatomic where the next stage has none.
RUN apt-get update \
  && apt-get install -y --no-install-recommends binutils libatomic1 \
  && rm -rf /var/lib/apt/lists/* \
  && mkdir /node \
  && strip -o /node/node "$(readlink -f "$(command -v node)")" \
  && cp -L /usr/lib/*-linux-gnu/libatomic.so.1 /node/
COPY package.json package-lock.json ./
COPY scripts/link-node.js scripts/
RUN npm ci --omit=dev --no-audit --no-fund
COPY . .
RUN npm run build && rm dist/server/*.map && node scripts/runtime-packages.ts

FROM debian:bookworm-slim
COPY --from=build /node/node /usr/local/bin/node
COPY --from=build /node/libatomic.so.1 /usr/local/lib/
RUN ldconfig \
  && mkdir /data \
  && chown 10001:10001 /data
COPY --from=build /app /app
WORKDIR /app
# Beyond loopback only with accounts; the start says what else it needs. One arena of malloc keeps what threads free from
# staying with each of them.
ENV NODE_ENV=production \
  MALLOC_ARENA_MAX=1 \
  SERVER_HOST=0.0.0.0 \
  AUTH_MODE=accounts \
  DATA_DIR=/data/throughline
USER 10001:10001
VOLUME /data
EXPOSE 8001
# The server closes within 25 s of SIGTERM: give it 30.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["node", "scripts/healthcheck.ts"]
CMD ["node", "--max-semi-space-size=8", "dist/server/main.js"]
