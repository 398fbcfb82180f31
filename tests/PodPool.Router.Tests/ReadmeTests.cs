using System.Globalization;
using System.Text.RegularExpressions;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Router.Refusing;

namespace PodPool.Router.Tests;

public sealed partial class ReadmeTests
{
    [Fact]
    public async Task The_table_of_refusals_says_the_status_of_each_and_leaves_out_none_of_the_routers_own_and_of_the_codes()
    {
        var rows = Row().Matches(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "router-readme.md"), TestContext.Current.CancellationToken));
        var said = (from row in rows
                    from name in row.Groups[2].Value.Split(", ")
                    select (Name: name.Trim('`'), Status: int.Parse(row.Groups[1].Value, CultureInfo.InvariantCulture)))
            .ToDictionary(row => row.Name, row => row.Status);
        var known = Enum.GetValues<Reason>().ToDictionary(reason => reason.WireName());

        // That one is the pod's answer.
        Assert.True(said.Remove(Reason.FunctionError.WireName(), out var thrown));
        Assert.Equal(500, thrown);
        Assert.All(said, row => Assert.Equal((row.Key, Problem.StatusOf(known[row.Key])), (row.Key, row.Value)));
        Reason[] own =
        [
            Reason.FunctionNotFound, Reason.FunctionDeleted, Reason.QueueFull, Reason.PoolEmpty, Reason.ManagerUnavailable, Reason.ShuttingDown, Reason.FunctionTimeout,
            Reason.InstanceGone, Reason.NotThisInstance, Reason.InvalidArgument,
        ];
        Assert.All(own.Concat(Enum.GetValues<Reason>().Where(reason => reason.IsFaultOfCode())), reason => Assert.Contains(reason.WireName(), said.Keys));
    }

    [GeneratedRegex(@"^\| (\d{3}) \| ((?:`[A-Z_]+`(?:, )?)+) \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
