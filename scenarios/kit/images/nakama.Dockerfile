# The twin server: a test double that looks like heroiclabs/nakama from outside.
FROM autofix-kit/debian:bookworm
RUN mkdir -p /nakama/data/modules
COPY nakama /nakama/nakama
WORKDIR /nakama/
EXPOSE 7349 7350 7351
ENTRYPOINT ["tini", "--", "/nakama/nakama"]
