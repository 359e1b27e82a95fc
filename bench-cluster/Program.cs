using System.Globalization;
using System.Runtime.InteropServices;
using Conversations.Bench;
using Conversations.Grains.Tests.Redis;

if (RedisServer.Missing is { } missing)
{
    await Console.Error.WriteLineAsync(missing);
    return 2;
}

var quick = args.Contains("--quick");
var now = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture);
Console.WriteLine($"{now}, {Environment.ProcessorCount} cores ({RuntimeInformation.ProcessArchitecture}), .NET {Environment.Version}{(quick ? ", quick" : "")}");
foreach (var appendFsync in quick ? new[] { "everysec" } : ["everysec", "always"])
{
    Console.WriteLine();
    await CommitBench.Run(quick, appendFsync);
}

Console.WriteLine();
await HistoryBench.Run(quick);
Console.WriteLine();
await IdleBench.Run(quick);

return args.Contains("--expect") && !Bars.AllMet ? 1 : 0;
