# A registry for clusters that cannot pull registry:3, of Debian's package. The context is a folder with its program, docker-registry:
#   apt-get download docker-registry && dpkg-deb -x docker-registry_*.deb . && cp usr/bin/docker-registry .
# It takes the place of registry:3 in the deployment as it is: the same command, the same settings.
ARG BASE=mcr.microsoft.com/dotnet/runtime-deps:10.0
FROM ${BASE}
COPY docker-registry /usr/local/bin/registry
USER 1654
EXPOSE 5000
ENTRYPOINT ["registry"]
CMD ["serve", "/etc/podpool-registry/config.yml"]
