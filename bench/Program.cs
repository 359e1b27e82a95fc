using System.Globalization;
using System.Runtime.InteropServices;
using Conversations.Bench;

string[] known = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
var quick = args.Contains("--quick");
var asked = args.Where(a => !a.StartsWith('-')).DefaultIfEmpty("all").ToArray();
if (asked.Any(a => a != "all" && !known.Contains(a)))
{
    await Console.Error.WriteLineAsync("Usage: dotnet run -c Release --project bench -- [a|b|c|d|e|f|g|h|i|all] [--quick] [--expect]");
    return 2;
}

var now = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture);
Console.WriteLine($"{now}, {Environment.ProcessorCount} cores ({RuntimeInformation.ProcessArchitecture}), .NET {Environment.Version}{(quick ? ", quick" : "")}");
foreach (var benchmark in asked.Contains("all") ? known : asked)
{
    using var folder = new BenchFolder();
    Console.WriteLine();
    await (benchmark switch
    {
        "a" => EngineBench.Run(folder, quick),
        "b" => HttpBench.Run(folder, quick),
        "c" => HistoryBench.Run(folder, quick),
        "d" => DeadlineBench.Run(folder, quick),
        "e" => MemoryBench.Run(folder, quick),
        "f" => PromiseBench.Run(quick),
        "g" => BurstBench.Run(folder, quick),
        "h" => BulkBench.Run(folder, quick),
        _ => RoutingBench.Run(folder, quick),
    });
}

return args.Contains("--expect") && !Bars.AllMet ? 1 : 0;
