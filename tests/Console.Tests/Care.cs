using Conversations.Gateway.Tests;
using Microsoft.AspNetCore.Builder;

namespace Conversations.WebConsole.Tests;

/// <summary>A gateway in this process, a shop's chat and an airline's X account, and the people who work there.</summary>
internal sealed class Care : IAsyncDisposable
{
    private int _messages;

    private Care(TestGateway gateway) => Gateway = gateway;

    public TestGateway Gateway { get; }
    public Api Admin => Gateway.Admin;
    public Api Ann { get; private set; } = null!;
    public Api Ben { get; private set; } = null!;
    public Api Sue { get; private set; } = null!;
    public Api Channel { get; private set; } = null!;

    public static async Task<Care> Open(Action<WebApplicationBuilder>? configure = null, params string[] arguments)
    {
        var care = new Care(await TestGateway.Start(configure: configure, arguments: arguments));
        care.Ann = await care.Gateway.New("agent", "ann");
        care.Ben = await care.Gateway.New("agent", "ben");
        care.Sue = await care.Gateway.New("supervisor", "sue");
        care.Channel = await care.Gateway.New("integrator");
        (await care.Admin.Put("/v1/channels/webchat/shop", new { queue = "care", sla = new { firstResponse = 600, nextResponse = 600, resolution = 86_400, warnAt = 0.5 } })).Is(200);
        (await care.Admin.Put("/v1/channels/x/aurora", new { queue = "social", sla = new { firstResponse = 300, nextResponse = 300, resolution = 86_400, warnAt = 0.5 } })).Is(200);
        (await care.Admin.Put("/v1/channels/whatsapp/shop", new { queue = "care", sla = new { firstResponse = 900 } })).Is(200);
        return care;
    }

    /// <returns>The conversation's id.</returns>
    public async Task<string> Hears(string from, string text, string channel = "webchat", string account = "shop", string? at = null, object[]? attachments = null)
    {
        var handle = from.ToLowerInvariant().Replace(' ', '_');
        return (await Channel.Post("/v1/inbound", new
        {
            channel,
            channelAccount = account,
            thread = handle,
            externalId = $"m-{Interlocked.Increment(ref _messages)}",
            visibility = channel == "x" ? "public" : "private",
            sentAt = at,
            author = new { id = handle, name = from, handle = $"@{handle}", followers = channel == "x" ? 12_400 : (int?)null },
            text,
            attachments,
        })).Is(200).Of("conversationId");
    }

    public async Task Assign(string conversation, string? agent, string? queue = null) =>
        (await Admin.Post($"/v1/conversations/{conversation}/assign", new { agent, queue }, ifMatch: await SeqOf(conversation))).Is(200);

    public async Task<long> SeqOf(string conversation) => (await Admin.Get($"/v1/conversations/{conversation}")).Is(200).Version;

    public ValueTask DisposeAsync() => Gateway.DisposeAsync();
}
