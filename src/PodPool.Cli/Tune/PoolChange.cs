using System.Text.Json;
using System.Text.Json.Nodes;
using PodPool.Cli.CommandLine;
using PodPool.Cli.Output;
using PodPool.Cli.Server;
using PodPool.Contracts.V1;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Pools;
using PodPool.Manager.Kubernetes.Resources;
using PodPool.Simulation;

namespace PodPool.Cli.Tune;

/// <summary>Makes a pool what was recommended: shows what will be other than it is, asks, and changes only that.</summary>
internal sealed class PoolChange(VerbContext context, ServerConnection server, PoolFacts pool, Candidate candidate)
{
    private const int Attempts = 10;

    /// <summary>What could not be changed in the end is said before anything is tried.</summary>
    /// <param name="context">What is asked for.</param>
    /// <param name="pool">The pool.</param>
    /// <param name="policies">Who may say how many warm pods there are.</param>
    /// <returns>The policies that such a pool can be given.</returns>
    /// <exception cref="CliException">Nobody can be asked, or the pool can be given none of the policies.</exception>
    public static IReadOnlyList<SizePolicy> Possible(VerbContext context, PoolFacts pool, IReadOnlyList<SizePolicy> policies)
    {
        if (!context.Get(TuneOptions.Yes) && !context.Terminal.ErrorIsTerminal)
        {
            throw CliException.Usage("nobody can be asked whether the pool shall be changed", "add --yes");
        }

        return pool.Object is not null ? policies
            : policies.Contains(SizePolicy.Fixed) ? [SizePolicy.Fixed]
            : throw CliException.Usage("a manager without a cluster can only be told a fixed size while it runs", "add --policies fixed, or start `podpool local` with --miss-probability");
    }

    /// <returns>Whether it was changed.</returns>
    public async Task<bool> ApplyAsync(bool yes, CancellationToken cancellationToken)
    {
        // What was there is compared by its own words; a maximum of pods in all is not this verb's to change.
        var after = PoolSizeText.SizeOf(candidate) with { Max = pool.Object?.Spec.Size.Max ?? 0 };
        var before = pool.Size is { } size ? PoolSizeText.Lines(size).ToList() : [];
        var lines = PoolSizeText.Lines(after).ToList();
        if (before.SequenceEqual(lines))
        {
            context.Output.Note($"The pool {pool.Name} is so already.");
            return false;
        }

        foreach (var line in before.Except(lines).Select(line => $"- {line}").Concat(lines.Except(before).Select(line => $"+ {line}")))
        {
            context.Output.Note($"  {line}");
        }

        if (!yes && !Confirmed())
        {
            context.Output.Note("Nothing was changed.");
            return false;
        }

        if (pool.Object is { } existing)
        {
            var patch = new JsonObject
            {
                ["spec"] = new JsonObject
                {
                    ["size"] = new JsonObject
                    {
                        ["warm"] = after.Warm,
                        ["auto"] = after.Auto is { } auto ? JsonSerializer.SerializeToNode(auto) : null,
                        ["schedules"] = JsonSerializer.SerializeToNode(after.Schedules),
                    },
                },
            };
            await PatchAsync(existing, patch, before, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await server.Operator.ResizePoolAsync(new ResizePoolRequest { Pool = pool.Name, Warm = after.Warm }, cancellationToken: cancellationToken);
        }

        context.Output.Note($"The pool {pool.Name} is changed.");
        return true;
    }

    /// <summary>Changes it if its size is what was shown. The manager writes its status all the while: that is another version, and nobody's change.</summary>
    private async Task PatchAsync(RuntimePoolResource shown, JsonObject patch, List<string> before, CancellationToken cancellationToken)
    {
        var (name, found) = (ObjectName.Of(shown), shown);
        for (var left = Attempts; ; left--)
        {
            try
            {
                await server.Cluster!.Pools.PatchAsync(name, patch, found.Metadata.ResourceVersion, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (ApiException exception) when (exception.Failure == ApiFailure.Conflict && left > 1)
            {
                found = await server.Cluster!.Pools.GetAsync(name, cancellationToken).ConfigureAwait(false);
                if (!PoolSizeText.Lines(found.Spec.Size).SequenceEqual(before))
                {
                    throw CliException.Failed($"the size of the pool {pool.Name} was changed by somebody else meanwhile; nothing was changed", "look at it with `podpool pool list`, and run this again");
                }
            }
        }
    }

    private bool Confirmed()
    {
        context.Terminal.Error.Write($"Change the pool {pool.Name}? [y/N] ");
        using var reader = new StreamReader(context.Terminal.In());
        return reader.ReadLine()?.Trim() is "y" or "Y" or "yes";
    }
}
