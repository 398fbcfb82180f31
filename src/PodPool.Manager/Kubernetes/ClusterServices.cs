using System.Diagnostics.Metrics;
using PodPool.Manager.Claims;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Functions;
using PodPool.Manager.Kubernetes.Installing;
using PodPool.Manager.Kubernetes.Leading;
using PodPool.Manager.Kubernetes.Pods;
using PodPool.Manager.Kubernetes.Pools;
using PodPool.Manager.Kubernetes.Resources;
using PodPool.Manager.Kubernetes.Telling;
using PodPool.Manager.Kubernetes.Watching;
using PodPool.Manager.Leading;
using PodPool.Manager.Loader;
using PodPool.Manager.Loader.Certificates;
using PodPool.Manager.Observability;
using PodPool.Manager.Packages;
using PodPool.Manager.Platform;
using PodPool.Manager.Routing;

namespace PodPool.Manager.Kubernetes;

/// <summary>What a manager on a cluster is made of, beside what every manager is.</summary>
internal static class ClusterServices
{
    /// <summary>Pods are a cluster's, pools and functions its objects, and who leads is decided by a lease.</summary>
    public static void AddKubernetes(this IServiceCollection services, KubernetesOptions options, InstallationSecret installation)
    {
        services.AddSingleton(options);
        services.AddSingleton(installation);
        services.AddSingleton(installation.ClaimKey);
        services.AddSingleton(provider => new ApiMetrics(provider.GetRequiredService<IMeterFactory>(), ManagerMetrics.MeterName));
        services.AddSingleton(provider => KubernetesApi.Connect(
            options.Api, provider.GetRequiredService<ApiMetrics>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<KubernetesApi>>()));
        services.AddSingleton(provider => new EventRecorder(
            provider.GetRequiredService<KubernetesApi>(), options.Identity, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<EventRecorder>>()));
        services.AddSingleton(provider => Informer<RuntimePoolResource>(provider));
        services.AddSingleton(provider => Informer<FunctionResource>(provider));

        services.AddSingleton<IPodPlatform, KubernetesPlatform>();
        services.AddSingleton(_ => new LoaderSecurity(static pod => PoolMapping.NameOf(pod.Pool) is var pool ? LoaderName.Of(pool.Name, pool.Namespace) : ""));
        services.AddSingleton<ILoaderSecurity>(provider => provider.GetRequiredService<LoaderSecurity>());
        services.AddSingleton<LoaderSecret>();
        services.AddSingleton<PeerSecurity>();
        services.AddSingleton<PeerSecrets>();
        services.AddSingleton<PoolReconciler>();

        services.AddSingleton(options.PackageSource);
        services.AddSingleton<PackageSource>();
        services.AddSingleton<IPackageSource>(provider => provider.GetRequiredService<PackageSource>());
        services.AddSingleton<FunctionQueue>();
        services.AddSingleton(provider => new FunctionEnvironment(
            provider.GetRequiredService<KubernetesApi>(), provider.GetRequiredService<InstallationRegistry>(), provider.GetRequiredService<FunctionQueue>().Add, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton<FunctionPreparation>();
        services.AddSingleton<FunctionStates>();
        services.AddSingleton<IFunctionExposure, FunctionServices>();
        if (options.GatewayName is not null)
        {
            services.AddSingleton<IFunctionExposure, FunctionRoutes>();
        }

        services.AddSingleton<FunctionReconciler>();
        services.AddSingleton<FunctionStatusWriter>();

        services.AddSingleton(_ => new Leadership());
        services.AddSingleton(new LeaseOptions { Namespace = options.Namespace, Identity = options.Identity });
        services.AddSingleton(provider => new LeaderFence(provider.GetRequiredService<LeaseOptions>().Duration, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new LeaseElection(
            provider.GetRequiredService<KubernetesApi>().Resource<k8s.Models.V1Lease>(urgent: true), provider.GetRequiredService<LeaseOptions>(), provider.GetRequiredService<LeaderFence>(),
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<LeaseElection>>()));
        services.AddSingleton<ILeading, ClusterLife>();
    }

    private static Informer<T> Informer<T>(IServiceProvider provider)
        where T : class, k8s.IKubernetesObject<k8s.Models.V1ObjectMeta>
        => new(provider.GetRequiredService<KubernetesApi>().Resource<T>(), new(), null, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<Informer<T>>>());
}
