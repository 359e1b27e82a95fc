using System.Globalization;
using System.Text.Json;

namespace Conversations.Gateway.Tests.Mail;

/// <summary>An escalation by mail, from the policy through the outbox to the mail server.</summary>
public sealed class EscalationByMailTests
{
    private readonly ManualTimeProvider _time = new(); // a Saturday, 2026-11-21 21:00 UTC

    [Fact]
    public async Task A_promise_about_to_break_and_broken_is_one_mail_each_without_a_word_of_the_customers()
    {
        await using var server = SmtpDouble.Plain();
        await using var gateway = await TestGateway.Start(
            _time, arguments: ["--Mail:Host=127.0.0.1", $"--Mail:Port={server.Port.ToString(CultureInfo.InvariantCulture)}", "--Mail:From=sla@acme.example", "--Mail:Tls=none"]);
        var id = await LateConversation(gateway, () => _time.Advance(TimeSpan.FromMinutes(45)));

        var warned = await server.Next(id);
        Assert.Equal("First response at risk, due 2026-11-21 22:00:00 UTC (normal, support)", warned.Header("Subject"));
        Assert.Contains($"Conversation: {id}", warned.Body, StringComparison.Ordinal);
        Assert.Contains("Reached:      30 min before it is due", warned.Body, StringComparison.Ordinal);

        _time.Advance(TimeSpan.FromHours(1));
        var late = await server.Next(id);
        Assert.Equal("First response late, was due 2026-11-21 22:00:00 UTC (normal, support)", late.Header("Subject"));
        Assert.Equal(warned.Header("References"), late.Header("References"));
        Assert.NotEqual(warned.Header("Message-Id"), late.Header("Message-Id"));
        Assert.All(server.Taken, mail => Assert.DoesNotContain("where is my order", mail.Text, StringComparison.OrdinalIgnoreCase));
        Assert.All(server.Taken, mail => Assert.DoesNotContain("Ada", mail.Text, StringComparison.Ordinal));
        Assert.Equal(2, server.Taken.Count(mail => mail.Body.Contains(id, StringComparison.Ordinal)));
        Assert.Empty((await gateway.Admin.Get("/v1/dead-letters")).Is(200)["items"].EnumerateArray());
    }

    [Fact]
    public async Task Without_a_mail_server_the_notice_is_a_dead_letter_that_can_be_replayed_once_there_is_one()
    {
        var first = await TestGateway.Start(_time);
        var id = await LateConversation(first, () => _time.Advance(TimeSpan.FromMinutes(45)));
        var letter = await DeadLetter(first, id);
        Assert.Equal("notify/mail", letter.GetProperty("target").GetString());
        Assert.StartsWith("mail_not_configured", letter.GetProperty("error").GetString(), StringComparison.Ordinal);
        await first.Close();

        await using var server = SmtpDouble.Plain();
        await using var again = await TestGateway.Start(
            _time, first.Data, null, "--Mail:Host=127.0.0.1", $"--Mail:Port={server.Port.ToString(CultureInfo.InvariantCulture)}", "--Mail:From=sla@acme.example", "--Mail:Tls=none");
        var kept = await DeadLetter(again, id);
        (await again.Admin.Post($"/v1/dead-letters/{kept.GetProperty("id").GetInt64()}/replay", null)).Is(204);
        Assert.StartsWith("First response at risk", (await server.Next(id)).Header("Subject"), StringComparison.Ordinal);
    }

    private static async Task<string> LateConversation(TestGateway gateway, Action wait)
    {
        object[] mail = [new { type = "mail", to = "lead@acme.example" }];
        (await gateway.Admin.Put("/v1/channels/webchat/acme", new { queue = "support" })).Is(200);
        (await gateway.Admin.Put("/v1/sla/policies/gold", new
        {
            position = 1,
            targets = new { normal = new { firstResponse = 3_600 } },
            warnings = new[] { new { before = 1_800, actions = mail } },
            escalations = new[] { new { after = 0, actions = mail } },
        })).Is(200);
        while (true)
        {
            // Where settings are told from process to process, the first may come before the policy is known there.
            var id = (await gateway.Admin.Post("/v1/inbound", Some.Inbound(Some.Id(), text: "Where is my order?"))).Is(200).Of("conversationId");
            if ((await gateway.Admin.Get($"/v1/conversations/{id}")).Is(200)["sla"] is { ValueKind: JsonValueKind.Object } sla && sla.GetProperty("policy").GetString() == "gold")
            {
                wait();
                return id;
            }
        }
    }

    /// <summary>Dead letters announce themselves nowhere: asked for until there is one about the conversation.</summary>
    private static async Task<JsonElement> DeadLetter(TestGateway gateway, string conversation)
    {
        while (true)
        {
            var items = (await gateway.Admin.Get("/v1/dead-letters")).Is(200)["items"];
            var about = items.EnumerateArray().FirstOrDefault(item => item.GetRawText().Contains(conversation, StringComparison.Ordinal));
            if (about.ValueKind == JsonValueKind.Object)
            {
                return about;
            }

            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
