using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Serialization;

namespace Conversations.Clusters;

[JsonConverter(typeof(JsonStringEnumConverter<NodeKind>))]
internal enum NodeKind { Redis, Silo, Gateway }

/// <summary>One process of the cluster, as the state file keeps it.</summary>
/// <param name="Name">For example <c>silo-2</c>; also the name of its log.</param>
/// <param name="Port">Redis: where it listens. Others: of its HTTP address (health; on gateways the API).</param>
/// <param name="Pid">Of the process last started under this name.</param>
/// <param name="StartedTicks">When the kernel says that process started: a process id is used again, a pair of both is not.</param>
internal sealed record Node(string Name, NodeKind Kind, int Port, int Pid, long StartedTicks)
{
    [JsonIgnore]
    public Uri Url => new($"http://127.0.0.1:{Port.ToString(CultureInfo.InvariantCulture)}");

    [JsonIgnore]
    public bool Alive => Pid > 0 && Processes.StartedTicks(Pid) == StartedTicks;
}

/// <summary>Processes that outlive the one that started them.</summary>
internal static class Processes
{
    public const int Term = 15, Kill = 9, Stop = 19, Continue = 18;

    /// <summary>Starts a program detached from the terminal, its output appended to a file.</summary>
    public static (int Pid, long StartedTicks) Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment, string log)
    {
        // The shell only redirects; it is replaced by the program and keeps its process id. setsid: Ctrl+C here is not for them.
        var start = new ProcessStartInfo("setsid")
        {
            ArgumentList = { "sh", "-c", "exec \"$@\" >>\"$0\" 2>&1 </dev/null", log, program },
            UseShellExecute = false,
            WorkingDirectory = Path.GetDirectoryName(log),
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} could not be started.");
        return (process.Id, StartedTicks(process.Id) ?? 0);
    }

    /// <summary>False if there is no such process any more.</summary>
    public static bool Signal(Node node, int signal) => node.Alive && SendSignal(node.Pid, signal) == 0;

    /// <summary>In clock ticks since the machine started; null when it has ended (a zombie has).</summary>
    public static long? StartedTicks(int pid)
    {
        try
        {
            // "pid (name) state ppid …": the name may hold anything, so count from its closing bracket. Field 22 of proc_pid_stat(5).
            var stat = File.ReadAllText($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : long.Parse(fields[19], CultureInfo.InvariantCulture);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int SendSignal(int process, int signal);
}
