using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using PodPool.Functions;

namespace PodPool.Rehearsal;

public sealed class StartupRehearsal : IFunctionStartup
{
    public void Configure(IServiceCollection services, IConfiguration configuration) => services.AddHttpClient();
}
