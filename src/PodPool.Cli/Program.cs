using PodPool.Cli.CommandLine;

return await PodPoolCommand.RunAsync(args, Terminal.OfProcess()).ConfigureAwait(false);
