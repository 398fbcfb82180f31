using PodPool.EndToEnd;
using PodPool.EndToEnd.Cluster;
using Xunit.Sdk;
using Xunit.v3;

// One cluster for all: one test at a time, and what takes the installation away comes last.
[assembly: Parallelization(Mode = ParallelMode.None)]
[assembly: TestCollectionOrderer(typeof(UninstallLast))]
[assembly: AssemblyFixture(typeof(Installation))]
