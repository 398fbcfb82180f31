using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using PodPool.Functions;

namespace BrokenStartup;

/// <summary>Refuses to start without the setting it needs, and says which and how to give it.</summary>
public sealed class Startup : IFunctionStartup
{
    /// <summary>The setting's name.</summary>
    public const string WarehouseUrl = "WAREHOUSE_URL";

    public void Configure(IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        if (!Uri.TryCreate(configuration[WarehouseUrl], UriKind.Absolute, out var url))
        {
            throw new InvalidOperationException(
                $"The setting {WarehouseUrl} is missing or no absolute URL. Deploy with --env {WarehouseUrl}=https://warehouse.example.");
        }

        services.AddSingleton(new Warehouse(url));
    }
}
