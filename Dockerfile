# Two images: `docker build --target control-plane .` and `docker build --target proxy .`
#
# Not built where this was written, for want of Docker: what the images hold is tried apart, from the lists of this very file
# (test/netns/images.test.ts).

# --- control plane --------------------------------------------------------------------------------------------

FROM node:24-bookworm-slim AS dependencies
WORKDIR /outrigger
COPY package.json package-lock.json .npmrc ./
# Without scripts the package `node`, which brings a Node for machines that have an older one, stays empty: not needed here.
RUN npm ci --omit=dev --ignore-scripts && rm -rf node_modules/node node_modules/.bin

# The dashboard's page, which vite compiles; what compiles it stays here.
FROM node:24-bookworm-slim AS web
WORKDIR /outrigger
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY web ./web
RUN node web/build.ts

# Node and nothing else: no shell, no package manager. Runs as 65532 and writes nothing to its root file system.
FROM gcr.io/distroless/nodejs24-debian12:nonroot AS control-plane
WORKDIR /outrigger
# The young generation of the heap would grow to 100 MB and stay, when a thousand proxies come at once.
ENV NODE_ENV=production NODE_OPTIONS=--max-semi-space-size=8
COPY --from=dependencies /outrigger/node_modules ./node_modules
COPY package.json LICENSE ./
COPY src ./src
COPY templates ./templates
COPY manifests ./manifests
COPY --from=web /outrigger/dist/web ./dist/web
USER 65532:65532
EXPOSE 15017
# Arguments of a Deployment take the place of CMD alone.
ENTRYPOINT ["/nodejs/bin/node", "src/main.ts"]
CMD ["serve"]

# --- proxy ----------------------------------------------------------------------------------------------------

FROM envoyproxy/envoy:v1.40.0 AS envoy

# Stock Envoy, iptables of both kinds (Debian's package holds nft and legacy), and one script.
FROM debian:bookworm-slim AS proxy
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates iptables iproute2 \
 && rm -rf /var/lib/apt/lists/*
COPY --from=envoy /usr/local/bin/envoy /usr/local/bin/envoy
COPY --chmod=755 images/proxy/outrigger-proxy.sh /usr/local/bin/outrigger-proxy.sh
# istio-init asks for user 0 itself.
USER 1337:1337
CMD ["envoy", "--version"]
