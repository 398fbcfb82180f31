using BenchmarkDotNet.Running;
using PodPool.Core.Benchmarks;

BenchmarkSwitcher.FromAssembly(typeof(ClaimDecision).Assembly).Run(args);
