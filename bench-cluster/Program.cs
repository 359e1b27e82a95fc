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
string[] parts = [.. args.Where(a => !a.StartsWith('-'))];
if (Chosen("commits"))
{
    foreach (var appendFsync in quick ? new[] { "everysec" } : ["everysec", "always"])
    {
        Console.WriteLine();
        await CommitBench.Run(quick, appendFsync);
    }
}

if (Chosen("history"))
{
    Console.WriteLine();
    await HistoryBench.Run(quick);
}

if (Chosen("idle"))
{
    Console.WriteLine();
    await IdleBench.Run(quick);
}

return args.Contains("--expect") && !Bars.AllMet ? 1 : 0;

bool Chosen(string part) => parts.Length == 0 || parts.Contains(part);
