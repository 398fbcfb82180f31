namespace PodPool.Runtime.Tests;
public sealed class X { [Fact] public void Y() => Assert.True(File.Exists(Path.Combine(AppContext.BaseDirectory, "runtime", "PodPool.Runtime"))); }
