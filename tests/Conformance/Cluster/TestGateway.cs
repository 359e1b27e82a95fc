using System.Globalization;
using System.Text;
using Conversations.Domain;
using Conversations.Engine;
using Conversations.Gateway.Feed;
using Conversations.Grains.Tests.Redis;
using Conversations.Silo;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

[assembly: AssemblyFixture(typeof(Conversations.Gateway.Tests.OneRedis))]

namespace Conversations.Gateway.Tests;

/// <summary>One Redis for all tests; each cluster has a journal of its own in it.</summary>
public sealed class OneRedis : IAsyncLifetime
{
    internal static RedisServer? Server { get; private set; }

    public async ValueTask InitializeAsync() => Server = RedisServer.Missing is null ? await RedisServer.Start() : null;

    public ValueTask DisposeAsync() => Server?.DisposeAsync() ?? ValueTask.CompletedTask;
}

/// <summary>A gateway over two silos and a real Redis, each of them as its own process would be, on real ports.</summary>
/// <remarks>
/// One partition: many of these tests follow several entities by the order of their commits, which is promised within an entity
/// and kept within a partition. Many partitions are for the store's own conformance, the silo's tests and chaos.
/// </remarks>
internal sealed class TestGateway : IAsyncDisposable
{
    public const string BootstrapKey = "the-first-key-of-these-tests";

    private const string MasterKey = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    private const int Silos = 2;

    private readonly SiloApp _gateway;
    private readonly SiloApp[] _silos;
    private readonly HttpClient _http;

    private TestGateway(SiloApp gateway, SiloApp[] silos, DataFolder data)
    {
        (_gateway, _silos, Data) = (gateway, silos, data);
        Url = new(gateway.App.Urls.Single());
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
    public IServiceProvider Services => _gateway.App.Services;

    /// <summary>Admin of account <c>default</c>.</summary>
    public Api Admin { get; }

    /// <summary>A cursor of account <c>default</c> from before anything was asked of this gateway.</summary>
    public string Beginning { get; private init; } = "";

    /// <param name="time">Null: the system's.</param>
    public static async Task<TestGateway> Start(
        ManualTimeProvider? time = null, DataFolder? data = null, Action<WebApplicationBuilder>? configure = null, params string[] arguments)
    {
        Assert.SkipWhen(OneRedis.Server is null, RedisServer.Missing ?? "");
        data ??= new();
        SiloApp[] silos = [];
        SiloApp? gateway = null;
        try
        {
            silos = [.. Enumerable.Range(0, Silos).Select(_ => Build("silo"))];
            gateway = Build("gateway");
            foreach (var silo in silos)
            {
                await silo.Start();
            }

            await gateway.Start();
        }
        catch
        {
            await Stop([.. silos, .. gateway is null ? (SiloApp[])[] : [gateway]]);
            throw;
        }

        var head = await gateway.App.Services.GetRequiredService<IFeed>().Head(TestContext.Current.CancellationToken);
        return new(gateway, silos, data) { Beginning = gateway.App.Services.GetRequiredService<Cursors>().Write(AccountId.Default, head) };

        SiloApp Build(string role) => SiloApp.Build(
            [
                $"--role={role}", "--urls=http://127.0.0.1:0", $"--CONVERSATIONS_DATA={data.Path}",
                $"--CONVERSATIONS_BOOTSTRAP_KEY={BootstrapKey}", $"--CONVERSATIONS_MASTER_KEY={MasterKey}",
                $"--Redis:Configuration={OneRedis.Server!.Endpoint}", $"--Redis:Prefix={data.Journal}", "--Redis:Partitions=1",
                $"--Cluster:SiloPort={Port()}", $"--Cluster:GatewayPort={Port()}",
                "--Serilog:MinimumLevel:Default=Error", .. arguments,
            ],
            builder =>
            {
                if (time is not null)
                {
                    builder.Services.AddSingleton<TimeProvider>(time);
                }

                configure?.Invoke(builder);
            });

        static string Port() => RedisServer.FreePort().ToString(CultureInfo.InvariantCulture);
    }

    public Api As(string? key) => new(_http, key);

    /// <summary>A new key of a role in an account.</summary>
    public async Task<Api> New(string role, string? agent = null, string? account = null) =>
        As((await Admin.Post("/v1/keys", new { name = $"{role} of a test", role, agent, account })).Is(201).Of("key"));

    public Task Stop() => _gateway.App.StopAsync(TestContext.Current.CancellationToken);

    /// <summary>As a signal of the operating system does it.</summary>
    public Task Signal()
    {
        _gateway.App.Lifetime.StopApplication();
        return _gateway.App.WaitForShutdownAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>All that is kept, as whoever gets hold of the disk would see it.</summary>
    public async Task<string> Stored()
    {
        var where = (string[])(await OneRedis.Server!.Execute("CONFIG", "GET", "dir"))!;
        var files = Directory.GetFiles(where[1], "*", SearchOption.AllDirectories);
        var everything = string.Concat(files.Select(file => Encoding.Latin1.GetString(Read(file))));
        Assert.Contains(Data.Journal, everything, StringComparison.Ordinal);
        return everything;

        static byte[] Read(string file)
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return bytes;
        }
    }

    /// <summary>Stops the whole cluster; the journal stays.</summary>
    public async Task Close()
    {
        _http.Dispose();
        await Stop([_gateway, .. _silos]);
    }

    public async ValueTask DisposeAsync()
    {
        await Close();
        Data.Dispose();
    }

    private static async Task Stop(SiloApp[] processes)
    {
        foreach (var process in processes)
        {
            await process.App.StopAsync(CancellationToken.None);
            await process.DisposeAsync();
        }
    }
}

/// <summary>A new journal for one cluster, and a folder for its processes' files.</summary>
internal sealed class DataFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("conversations-cluster-");

    public string Path => System.IO.Path.Combine(_folder.FullName, "data");

    public string Journal => _folder.Name;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => _folder.Delete(recursive: true);
}
