using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace Conversations.Gateway.Tests.Running;

/// <summary>The gateway as a program of its own, with everything it prints.</summary>
internal sealed partial class GatewayProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _printed = new();
    private readonly TaskCompletionSource<Uri> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private GatewayProcess(Process process)
    {
        _process = process;
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

    public Uri Url { get; private set; } = null!;

    public int ExitCode => _process.ExitCode;

    /// <param name="bootstrapKey">Null: it makes one.</param>
    public static async Task<GatewayProcess> Start(DataFolder data, string? bootstrapKey = null, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])[Path.Combine(AppContext.BaseDirectory, "Conversations.Gateway.dll"), "--urls=http://127.0.0.1:0", "--Store:Synchronous=OFF", .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["CONVERSATIONS_DATA"] = data.Path;
        start.Environment.Remove("CONVERSATIONS_BOOTSTRAP_KEY");
        if (bootstrapKey is not null)
        {
            start.Environment["CONVERSATIONS_BOOTSTRAP_KEY"] = bootstrapKey;
        }

        var gateway = new GatewayProcess(new() { StartInfo = start, EnableRaisingEvents = true });
        gateway._process.Start();
        gateway._process.BeginOutputReadLine();
        gateway._process.BeginErrorReadLine();
        gateway.Url = await gateway._started.Task.WaitAsync(TimeSpan.FromMinutes(1));
        return gateway;
    }

    /// <summary>Asks it to end, as an operating system does, and waits until it has and all it printed is here.</summary>
    public async Task Terminate()
    {
        if (!_process.HasExited)
        {
            using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync(CancellationToken.None);
        }

        await _process.WaitForExitAsync(CancellationToken.None).WaitAsync(TimeSpan.FromMinutes(1), CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await Terminate();
        _process.Dispose();
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

    [GeneratedRegex(@"Conversations gateway on (http://[^;]+);")]
    private static partial Regex Address();
}
