# Looks like heroiclabs/nakama-pluginbuilder from outside; made from scratch.
ARG GO
FROM autofix-kit/golang:${GO}-bookworm
ENV CGO_ENABLED=1 GOOS=linux GOARCH=amd64
WORKDIR /builder
ENTRYPOINT ["go"]
