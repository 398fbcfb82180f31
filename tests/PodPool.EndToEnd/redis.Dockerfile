# Redis for clusters that cannot pull redis:7, of Debian's package. The context is a folder with redis-server, and in lib/ the libraries that it needs and the
# base image lacks.
ARG BASE=mcr.microsoft.com/dotnet/runtime-deps:10.0
FROM ${BASE}
COPY redis-server /usr/local/bin/redis-server
COPY lib /usr/local/lib/redis
ENV LD_LIBRARY_PATH=/usr/local/lib/redis
USER 1654
EXPOSE 6379
ENTRYPOINT ["redis-server"]
