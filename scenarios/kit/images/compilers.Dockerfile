# All of the official golang image but Go itself: the kit lays each exact Go on top.
FROM autofix-kit/debian:bookworm
RUN apt-get update -q \
 && apt-get install -qy gcc libc6-dev git \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
 && mkdir -p /go/src /go/bin \
 && chmod -R 1777 /go
ENV GOTOOLCHAIN=local GOPATH=/go \
    PATH=/go/bin:/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
WORKDIR /go
CMD ["bash"]
