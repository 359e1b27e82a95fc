using System.Text;
using Conversations.Domain;
using Conversations.Engine;
using Conversations.Gateway.Feed;
using Conversations.Gateway.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Conversations.Gateway.Tests;

/// <summary>The gateway in this process, on a real port, with a real data file in a folder of its own.</summary>
internal sealed class TestGateway : IAsyncDisposable
{
    public const string BootstrapKey = "the-first-key-of-these-tests";

    private readonly WebApplication _app;
    private readonly HttpClient _http;

    private TestGateway(WebApplication app, DataFolder data)
    {
        _app = app;
        Data = data;
        Url = new(app.Urls.Single());
        _http = new(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8,
        })
        {
            BaseAddress = Url,
        };
        Admin = As(BootstrapKey);
    }

    public DataFolder Data { get; }
    public Uri Url { get; }
    public IServiceProvider Services => _app.Services;

    /// <summary>Admin of account <c>default</c>.</summary>
    public Api Admin { get; }

    /// <summary>A cursor of account <c>default</c> from before anything was asked of this gateway.</summary>
    public string Beginning { get; private init; } = "";

    /// <param name="time">Null: the system's.</param>
    public static async Task<TestGateway> Start(
        ManualTimeProvider? time = null, DataFolder? data = null, Action<WebApplicationBuilder>? configure = null, params string[] arguments)
    {
        data ??= new();
        var app = GatewayApp.Build(
            [
                "--urls=http://127.0.0.1:0", $"--CONVERSATIONS_DATA={data.Path}", $"--CONVERSATIONS_BOOTSTRAP_KEY={BootstrapKey}",
                "--Store:Synchronous=OFF", "--Serilog:MinimumLevel:Default=Error", .. arguments,
            ],
            builder =>
            {
                if (time is not null)
                {
                    builder.Services.AddSingleton<TimeProvider>(time);
                }

                configure?.Invoke(builder);
            });
        await app.StartWithFirstKey();
        var head = await app.Services.GetRequiredService<IFeed>().Head(TestContext.Current.CancellationToken);
        return new(app, data) { Beginning = app.Services.GetRequiredService<Cursors>().Write(AccountId.Default, head) };
    }

    public Api As(string? key) => new(_http, key);

    /// <summary>A new key of a role in an account.</summary>
    public async Task<Api> New(string role, string? agent = null, string? account = null) =>
        As((await Admin.Post("/v1/keys", new { name = $"{role} of a test", role, agent, account })).Is(201).Of("key"));

    public Task Stop() => _app.StopAsync(TestContext.Current.CancellationToken);

    /// <summary>As a signal of the operating system does it.</summary>
    public Task Signal()
    {
        _app.Lifetime.StopApplication();
        return _app.WaitForShutdownAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>All that is kept, as whoever gets hold of the disk would see it.</summary>
    public Task<string> Stored()
    {
        return Task.FromResult(string.Concat(new[] { "conversations.db", "conversations.db-wal" }.Select(Data.File).Select(Read)));

        static string Read(string file)
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(stream, Encoding.Latin1);
            return reader.ReadToEnd();
        }
    }

    /// <summary>Stops and lets go of the file; the folder stays.</summary>
    public async Task Close()
    {
        _http.Dispose();
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Close();
        Data.Dispose();
    }
}

/// <summary>A new folder for one gateway's data, removed with it.</summary>
internal sealed class DataFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("conversations-gateway-");

    public string Path => System.IO.Path.Combine(_folder.FullName, "data");

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => _folder.Delete(recursive: true);
}
