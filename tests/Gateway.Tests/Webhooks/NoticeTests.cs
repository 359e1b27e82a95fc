using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Conversations.Domain;
using Conversations.Domain.Json;
using Conversations.Engine;
using Conversations.Gateway.Auth;
using Conversations.Gateway.Webhooks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using NodaTime;

namespace Conversations.Gateway.Tests;

/// <summary>Notices are called over HTTP to a receiver that runs here, and signed as Standard Webhooks says.</summary>
public sealed class NoticeTests : IAsyncLifetime
{
    private static readonly AccountId Account = new("acme");
    private static readonly Instant Now = Instant.FromUtc(2026, 11, 23, 9, 0);
    private static readonly MasterKey Master = new(new byte[32]);
    private static readonly ConversationId Conversation = new("c1");

    private readonly List<(Dictionary<string, string> Headers, byte[] Body)> _received = [];
    private WebApplication _receiver = null!;
    private Func<HttpContext, int> _answers = _ => 204;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _receiver = builder.Build();
        _receiver.MapPost("/sla", async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            _received.Add((context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase), body.ToArray()));
            context.Response.StatusCode = _answers(context);
        });
        await _receiver.StartAsync();
    }

    public ValueTask DisposeAsync() => _receiver.DisposeAsync();

    [Fact]
    public async Task A_notice_is_posted_once_with_a_signature_that_a_receiver_can_check()
    {
        Assert.IsType<Delivery.Done>(await Deliver(Notice()));
        var (headers, body) = Assert.Single(_received);
        Assert.Equal("c1/firstResponse/1.1/breach", headers["webhook-id"]);

        var secret = Convert.FromBase64String(new WebhookSecrets(Master).Of(Account)["whsec_".Length..]);
        var signed = $"{headers["webhook-id"]}.{headers["webhook-timestamp"]}.{Encoding.UTF8.GetString(body)}";
        Assert.Equal("v1," + Convert.ToBase64String(HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes(signed))), headers["webhook-signature"]);

        var posted = JsonNode.Parse(body)!;
        Assert.Equal(("sla.breached", 42, "firstResponse"), ((string)posted["type"]!, (int)posted["data"]!["seq"]!, (string)posted["data"]!["metric"]!));
        Assert.Equal(Now.ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture), headers["webhook-timestamp"]);
    }

    [Theory]
    [InlineData(500, typeof(Delivery.Again))]
    [InlineData(302, typeof(Delivery.Again))]
    [InlineData(429, typeof(Delivery.Again))]
    [InlineData(410, typeof(Delivery.Dead))]
    public async Task What_the_receiver_does_not_take_is_tried_again_unless_it_is_gone(int status, Type expected)
    {
        _answers = context =>
        {
            context.Response.Headers.RetryAfter = "120";
            return status;
        };
        var delivery = await Deliver(Notice());
        Assert.IsType(expected, delivery);
        if (delivery is Delivery.Again again)
        {
            Assert.Equal(Now + Duration.FromSeconds(120), again.NotBefore);
        }
    }

    [Fact]
    public async Task A_receiver_that_cannot_be_reached_is_tried_again()
    {
        await _receiver.StopAsync(TestContext.Current.CancellationToken);
        Assert.IsType<Delivery.Again>(await Deliver(Notice()));
    }

    [Fact]
    public async Task Before_the_recipients_hours_nothing_is_called()
    {
        var opens = Now + Duration.FromHours(10);
        Assert.Equal(new Delivery.Wait("The recipient's hours have not begun.", opens), await Deliver(Notice() with { NotBefore = opens }));
        Assert.Empty(_received);
    }

    [Theory]
    [InlineData(ConversationStatus.Closed, 0)]
    [InlineData(ConversationStatus.Spam, 0)]
    [InlineData(ConversationStatus.Open, 1)]
    public async Task What_waited_for_the_morning_is_not_told_of_a_conversation_that_is_over(ConversationStatus status, int calls)
    {
        Assert.IsType<Delivery.Done>(await Deliver(Notice() with { NotBefore = Now }, status));
        Assert.Equal(calls, _received.Count);
    }

    private SlaNotification Notice() => new(
        "c1/firstResponse/1.1/breach", NoticeKind.Webhook, _receiver.Urls.First() + "/sla", null, "sla.breached", Conversation, 42, Now, Metric.FirstResponse, 1,
        ["breach"], Now, Now, "gold", Priority.High, new("care"), null);

    private static async Task<Delivery> Deliver(SlaNotification notice, ConversationStatus status = ConversationStatus.Open)
    {
        using var http = NoticeTarget.Client();
        var target = new NoticeTarget(http, new(Master), new OneRow(status), new Arranged());
        var entry = new OutboxEntry(
            1, Account, new("notice/c1/42/0", "notify/webhook", "notice/c1/42/0", JsonSerializer.Serialize(notice, DomainJson.Contract.SlaNotification)), Now, Now, 0, null, null);
        return await target.Deliver(entry, () => ValueTask.CompletedTask, TestContext.Current.CancellationToken);
    }

    private sealed class Arranged : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => Now.ToDateTimeOffset();
    }
}
