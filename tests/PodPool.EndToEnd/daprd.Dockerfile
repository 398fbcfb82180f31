# The stand-in for daprd, for clusters that cannot pull daprio/daprd. The context is a folder with the published project in app/:
#   dotnet publish tests/PodPool.DaprStandIn -c Release -o CONTEXT/app && ln -s /app/daprd CONTEXT/daprd
ARG BASE=mcr.microsoft.com/dotnet/aspnet:10.0
FROM ${BASE}
COPY . /
USER 1654
ENTRYPOINT ["/daprd"]
