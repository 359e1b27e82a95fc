using System.CommandLine;
using System.Globalization;
using Spectre.Console;

namespace Conversations.Clusters;

/// <summary>What can be asked of a cluster on this machine.</summary>
internal static class CommandLine
{
    private const string Description =
        """
        Runs the cluster as plain processes on this machine: redis-server (installed), silos and gateways. For trying it out and for tests; needs no Docker.

        The processes go on after 'up' has returned. 'down' ends them.
        """;

    private static readonly Option<DirectoryInfo> Folder = new("--folder")
    {
        Description = "Where the cluster keeps its state, data and logs.",
        DefaultValueFactory = _ => new("data/cluster"),
        Recursive = true,
    };

    public static async Task<int> Run(string[] args)
    {
        var silos = Count("--silos", 3, "Silos.");
        var gateways = Count("--gateways", 2, "Gateways.");
        var name = new Argument<string>("name") { Description = "A process, as 'status' names it: silo-2." };
        var forget = new Option<bool>("--forget") { Description = "Also delete its data and logs." };
        var root = new RootCommand(Description)
        {
            Folder,
            On("up", "Starts it (or what is missing of it) and waits until it is ready.", [silos, gateways], async (cluster, parsed, cancellation) =>
            {
                var state = await cluster.Up(parsed.GetValue(silos), parsed.GetValue(gateways), cancellation);
                await Show(cluster, cancellation);
                AnsiConsole.WriteLine($"\nAdmin key: {state.AdminKey}");
            }),
            On("status", "Shows its processes.", [], (cluster, _, cancellation) => Show(cluster, cancellation)),
            On("scale", "Starts or drains silos and gateways until there are so many.", [silos, gateways], async (cluster, parsed, cancellation) =>
            {
                await cluster.Up(parsed.GetValue(silos), parsed.GetValue(gateways), cancellation);
                await Show(cluster, cancellation);
            }),
            On("kill", "Ends a process at once (SIGKILL), as a crash would.", [name], (cluster, parsed, cancellation) => cluster.Kill(parsed.GetValue(name)!, cancellation)),
            On("freeze", "Stops a process without ending it (SIGSTOP), as a stalled machine would.", [name], (cluster, parsed, _) =>
            {
                cluster.Freeze(parsed.GetValue(name)!);
                return Task.CompletedTask;
            }),
            On("thaw", "Lets a frozen process go on.", [name], (cluster, parsed, _) =>
            {
                cluster.Thaw(parsed.GetValue(name)!);
                return Task.CompletedTask;
            }),
            On("drain", "Ends a process gracefully (SIGTERM).", [name], (cluster, parsed, cancellation) => cluster.Drain(parsed.GetValue(name)!, cancellation)),
            On("restart", "Starts a process again.", [name], (cluster, parsed, cancellation) => cluster.Restart(parsed.GetValue(name)!, cancellation)),
            On("down", "Ends all of it gracefully; its data stays.", [forget], (cluster, parsed, cancellation) => cluster.Down(parsed.GetValue(forget), cancellation)),
        };
        return await root.Parse(args).InvokeAsync();
    }

    private static Command On(string name, string description, IEnumerable<Symbol> symbols, Func<Cluster, ParseResult, CancellationToken, Task> act)
    {
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            if (symbol is Option option)
            {
                command.Add(option);
            }
            else
            {
                command.Add((Argument)symbol);
            }
        }

        command.SetAction(async (parsed, cancellation) =>
        {
            try
            {
                using var cluster = new Cluster(parsed.GetValue(Folder)!.FullName, TimeProvider.System);
                await act(cluster, parsed, cancellation);
                return 0;
            }
            catch (ClusterException refusal)
            {
                await Console.Error.WriteLineAsync(refusal.Message);
                return 1;
            }
        });
        return command;
    }

    private static async Task Show(Cluster cluster, CancellationToken cancellation)
    {
        var table = new Table().AddColumns("", "Process", "Address", "State", "Log");
        foreach (var node in cluster.State.Nodes.OrderBy(n => n.Kind).ThenBy(n => n.Name, StringComparer.Ordinal))
        {
            table.AddRow(
                node.Name,
                node.Alive ? node.Pid.ToString(CultureInfo.InvariantCulture) : "–",
                node.Kind == NodeKind.Redis ? $"127.0.0.1:{node.Port.ToString(CultureInfo.InvariantCulture)}" : node.Url.ToString(),
                !node.Alive ? "ended" : await cluster.IsReady(node, cancellation) ? "ready" : "not ready",
                cluster.LogOf(node.Name));
        }

        AnsiConsole.Write(table);
    }

    private static Option<int> Count(string name, int usual, string description)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => usual };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 32)
            {
                result.AddError($"{name} is between 1 and 32.");
            }
        });
        return option;
    }
}
