using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Xunit;

namespace Conversations.EndToEnd.Tests;

/// <summary>A gateway in a process of its own, on a port of its own, started as a user starts it. Ends with the test at the latest.</summary>
internal sealed partial class GatewayProcess : IAsyncDisposable
{
    /// <summary>The first admin key, unless the gateway is to make one.</summary>
    public const string Key = "end-to-end-admin-key-0123456789";

    /// <summary>What the store says first, and the gateway last, when it starts.</summary>
    public const string Opened = "Opened ", Started = "Conversations gateway on ";

    private const int SigTerm = 15, SigStop = 19, SigContinue = 18;

    private readonly Process _process;
    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];
    private readonly List<(string Part, TaskCompletionSource<string> Said)> _waiting = [];
    private bool _ended;

    private GatewayProcess(ProcessStartInfo start)
    {
        _process = new() { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Heard(line.Data, last: line.Data is null);
        _process.ErrorDataReceived += (_, line) => Heard(line.Data, last: false);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Output
    {
        get
        {
            lock (_gate)
            {
                return string.Join('\n', _lines);
            }
        }
    }

    /// <param name="key">Null: it makes its own first key.</param>
    public static GatewayProcess Start(string dataFolder, string? key = Key, params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../../dotnet")))
        {
            WorkingDirectory = dataFolder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.ArgumentList.Add("exec");
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Conversations.Gateway.dll"));
        foreach (var argument in arguments.Contains("--urls") ? arguments : [.. arguments, "--urls", "http://127.0.0.1:0"])
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var inherited in start.Environment.Keys.Where(k => k.StartsWith("ASPNETCORE_", StringComparison.Ordinal) || k.StartsWith("CONVERSATIONS_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(inherited);
        }

        start.Environment["CONVERSATIONS_DATA"] = dataFolder;
        start.Environment["Store__Synchronous"] = "FULL";
        if (key is not null)
        {
            start.Environment["CONVERSATIONS_BOOTSTRAP_KEY"] = key;
        }

        return new(start);
    }

    /// <summary>Where it listens, once it does.</summary>
    public async Task<Uri> Listens(CancellationToken cancellation)
    {
        var line = await Says(Started, cancellation);
        return new(Address().Match(line).Groups[1].Value);
    }

    /// <summary>The first line of output with this in it, as soon as it was written.</summary>
    /// <exception cref="InvalidOperationException">The process ended without saying it.</exception>
    public Task<string> Says(string part, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (_lines.Find(l => l.Contains(part, StringComparison.Ordinal)) is { } line)
            {
                return Task.FromResult(line);
            }

            if (_ended)
            {
                return Task.FromException<string>(NeverSaid(part));
            }

            var said = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((part, said));
            return said.Task.WaitAsync(cancellation);
        }
    }

    /// <summary>SIGKILL: nothing in the process runs any more.</summary>
    public async Task Kill()
    {
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
    }

    /// <summary>SIGTERM: what a service manager sends.</summary>
    public void Terminate() => Assert.Equal(0, SendSignal(_process.Id, SigTerm));

    /// <summary>Stops it where it stands (SIGSTOP), for as long as something is looked at.</summary>
    public async Task<T> Frozen<T>(Func<T> look, CancellationToken cancellation)
    {
        Assert.Equal(0, SendSignal(_process.Id, SigStop));
        try
        {
            foreach (var thread in Directory.GetDirectories($"/proc/{_process.Id}/task"))
            {
                while (!(await File.ReadAllTextAsync(System.IO.Path.Combine(thread, "stat"), cancellation)).Contains(") T ", StringComparison.Ordinal))
                {
                    await Task.Yield();
                }
            }

            return look();
        }
        finally
        {
            Assert.Equal(0, SendSignal(_process.Id, SigContinue));
        }
    }

    public async Task<int> ExitCode(CancellationToken cancellation)
    {
        await _process.WaitForExitAsync(cancellation);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        await Kill();
        _process.Dispose();
    }

    private void Heard(string? line, bool last)
    {
        lock (_gate)
        {
            if (line is not null)
            {
                _lines.Add(line);
                Settle(w => line.Contains(w.Part, StringComparison.Ordinal), w => w.Said.TrySetResult(line));
            }
            else if (last)
            {
                _ended = true;
                Settle(_ => true, w => w.Said.TrySetException(NeverSaid(w.Part)));
            }
        }
    }

    private void Settle(Predicate<(string Part, TaskCompletionSource<string> Said)> which, Action<(string Part, TaskCompletionSource<string> Said)> how)
    {
        _waiting.FindAll(which).ForEach(how);
        _waiting.RemoveAll(which);
    }

    private InvalidOperationException NeverSaid(string part) => new($"The gateway ended and never said '{part}'. It said:\n{string.Join('\n', _lines)}");

    [GeneratedRegex(@"on (http://[^;,\s]+)")]
    private static partial Regex Address();

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int SendSignal(int process, int signal);
}

/// <summary>A folder that is gone after the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("conversations-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
