using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Conversations.Grains.Tests.Redis;

namespace Conversations.Silo.Tests;

/// <summary>The cluster's program in one of its roles, with everything it prints.</summary>
internal sealed partial class SiloProcess : IAsyncDisposable
{
    public const string BootstrapKey = "the-first-key-of-these-tests";

    private readonly Process _process;
    private readonly StringBuilder _printed = new();
    private readonly TaskCompletionSource<Uri> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("conversations-silo-");
    private HttpClient? _http;

    private SiloProcess(ProcessStartInfo start)
    {
        start.Environment["CONVERSATIONS_DATA"] = _folder.FullName;
        _process = new() { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) => Take(line.Data);
        _process.ErrorDataReceived += (_, line) => Take(line.Data);
        _process.Exited += (_, _) =>
        {
            _process.WaitForExit(); // for the rest of what it printed
            _started.TrySetException(new InvalidOperationException($"It ended:\n{Printed}"));
        };
    }

    public string Printed
    {
        get
        {
            lock (_printed)
            {
                return _printed.ToString();
            }
        }
    }

    public int ExitCode => _process.ExitCode;

    public HttpClient Http => _http!;

    /// <summary>Admin of account <c>default</c>.</summary>
    public Api Admin => new(Http, BootstrapKey);

    /// <param name="role">Null: what the program takes without being told.</param>
    /// <param name="masterKey">Null: none.</param>
    /// <param name="bootstrapKey">Null: none.</param>
    public static async Task<SiloProcess> Start(
        string? role, string redis, string? masterKey = Cluster.MasterKey, string? bootstrapKey = BootstrapKey, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])
            [
                Path.Combine(AppContext.BaseDirectory, "Conversations.Silo.dll"), "--urls=http://127.0.0.1:0", $"--Redis:Configuration={redis}",
                $"--Cluster:SiloPort={Port()}", $"--Cluster:GatewayPort={Port()}", .. arguments,
            ])
        {
            start.ArgumentList.Add(argument);
        }

        Set("CONVERSATIONS_ROLE", role);
        Set("CONVERSATIONS_MASTER_KEY", masterKey);
        Set("CONVERSATIONS_BOOTSTRAP_KEY", bootstrapKey);
        var silo = new SiloProcess(start);
        silo._process.Start();
        silo._process.BeginOutputReadLine();
        silo._process.BeginErrorReadLine();
        silo._http = new() { BaseAddress = await silo._started.Task.WaitAsync(TimeSpan.FromMinutes(1)) };
        return silo;

        void Set(string name, string? value)
        {
            start.Environment.Remove(name);
            if (value is not null)
            {
                start.Environment[name] = value;
            }
        }

        static string Port() => RedisServer.FreePort().ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>As <c>kill -9</c> does.</summary>
    public async Task Kill()
    {
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
    }

    /// <summary>Asks it to end, as an operating system does, and waits until it has and all it printed is here.</summary>
    public async Task Terminate()
    {
        if (!_process.HasExited)
        {
            using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync(CancellationToken.None);
        }

        await _process.WaitForExitAsync(CancellationToken.None).WaitAsync(TimeSpan.FromMinutes(1), CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await Kill();
        }

        _process.Dispose();
        _http?.Dispose();
        _folder.Delete(recursive: true);
    }

    private void Take(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_printed)
        {
            _printed.AppendLine(line);
        }

        if (Address().Match(line) is { Success: true } address)
        {
            _started.TrySetResult(new(address.Groups[1].Value));
        }
    }

    [GeneratedRegex(@"(?:Conversations gateway on|health on) (http://[0-9.]+:\d+)")]
    private static partial Regex Address();
}
