# The command as an image: `docker build -t telltale .`; how it is run stands in deploy/ and docs/operations.md.
FROM node:20.19.2-bookworm-slim AS build
# better-sqlite3 is compiled where no binary of it can be fetched.
RUN apt-get update && apt-get install -y --no-install-recommends python3 make g++ && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json cli.ts ./
COPY src src
RUN npm run build
# What runs, with the clients of PostgreSQL and NATS, which the package leaves to who needs them.
RUN npm prune --omit=dev \
  && npm install --save-prod --save-exact --omit=dev pg@8.23.1 @nats-io/transport-node@3.4.0 @nats-io/jetstream@3.4.0

FROM node:20.19.2-bookworm-slim
ENV NODE_ENV=production TELLTALE_HOST=0.0.0.0 TELLTALE_PORT=8080 TELLTALE_DATA=/data
WORKDIR /app
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
COPY templates templates
RUN mkdir /data && chown node:node /data && chmod 700 /data
USER node
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/cli.js"]
CMD ["serve"]
