# What the official golang image has besides Go, and the pluginbuilder asks for.
FROM autofix-kit/debian:bookworm
RUN apt-get update -q \
 && apt-get install -qy gcc libc6-dev git \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
