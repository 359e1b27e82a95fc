using System.Text.Json.Nodes;

namespace Conversations.Gateway.Tests;

/// <summary>One gateway for a class of tests: a channel account, a caller of every role, and an account that is somebody else's.</summary>
public sealed class GatewayFixture : IAsyncLifetime
{
    private int _threads;

    internal ManualTimeProvider Time { get; } = new();
    internal TestGateway Gateway { get; private set; } = null!;
    internal Api Admin => Gateway.Admin;
    internal Api Supervisor { get; private set; } = null!;

    /// <summary>Acts as agent <c>ann</c>.</summary>
    internal Api Agent { get; private set; } = null!;

    internal Api Integrator { get; private set; } = null!;
    internal Api Operator { get; private set; } = null!;

    /// <summary>Admin of account <c>rival</c>, which has a channel account of the same name.</summary>
    internal Api Rival { get; private set; } = null!;

    internal Api Nobody { get; private set; } = null!;

    /// <summary>A cursor of account <c>default</c> before the first conversation.</summary>
    internal string Start { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Gateway = await TestGateway.Start(Time);
        Supervisor = await Gateway.New("supervisor", "sue");
        Agent = await Gateway.New("agent", "ann");
        Integrator = await Gateway.New("integrator");
        Operator = await Gateway.New("operator");
        Rival = await Gateway.New("admin", account: "rival");
        Nobody = Gateway.As(null);
        (await Admin.Put("/v1/channels/webchat/acme", new { queue = "support" })).Is(200);
        (await Rival.Put("/v1/channels/webchat/acme", new { queue = "support" })).Is(200);
        Start = await Admin.Head();
    }

    public ValueTask DisposeAsync() => Gateway.DisposeAsync();

    /// <summary>A thread no other test uses.</summary>
    internal string NewThread() => $"visitor-{Interlocked.Increment(ref _threads)}";

    /// <summary>A new conversation with one customer message; 3 events.</summary>
    internal async Task<string> Open(Api? by = null, string? text = null, string? thread = null) =>
        (await (by ?? Admin).Post("/v1/inbound", Some.Inbound(thread ?? NewThread(), text: text ?? "hello"))).Is(200).Of("conversationId");

    internal async Task<long> SeqOf(string conversation) => (await Admin.Get($"/v1/conversations/{conversation}")).Is(200).Version;
}

internal static class Some
{
    private static int _ids;

    public static string Id() => $"m-{Interlocked.Increment(ref _ids)}";

    public static JsonObject Inbound(
        string thread, string? externalId = null, string text = "hello", string customer = "u-7", string channel = "webchat", string account = "acme") => new()
        {
            ["channel"] = channel,
            ["channelAccount"] = account,
            ["thread"] = thread,
            ["externalId"] = externalId ?? Id(),
            ["author"] = new JsonObject { ["id"] = customer, ["name"] = "Ada" },
            ["text"] = text,
        };
}
