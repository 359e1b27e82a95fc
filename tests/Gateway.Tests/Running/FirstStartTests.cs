using System.Text.RegularExpressions;

namespace Conversations.Gateway.Tests.Running;

/// <summary>The program itself: its first key, its files, its log.</summary>
public sealed class FirstStartTests
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    [Fact]
    public async Task The_first_start_makes_a_key_keeps_it_in_a_private_file_and_prints_it_once()
    {
        using var data = new DataFolder();
        string key;
        await using (var first = await GatewayProcess.Start(data))
        {
            key = (await File.ReadAllTextAsync(data.File("bootstrap.key"), TestContext.Current.CancellationToken)).Trim();
            using var http = new HttpClient { BaseAddress = first.Url };
            (await new Api(http, key).Get("/v1/keys")).Is(200);
            await first.Terminate();

            Assert.Equal(0, first.ExitCode);
            Assert.Single(Regex.Matches(first.Printed, Regex.Escape(key)));
        }

        Assert.Equal(OwnerOnly, ModeOf(data.File("bootstrap.key")));
        Assert.Equal(OwnerOnly, ModeOf(data.File("master.key")));
        Assert.Equal(OwnerOnly | UnixFileMode.UserExecute, ModeOf(data.Path));
        await using var second = await GatewayProcess.Start(data);
        using var again = new HttpClient { BaseAddress = second.Url };
        (await new Api(again, key).Get("/v1/keys")).Is(200);
        await second.Terminate();
        Assert.DoesNotContain(key, second.Printed, StringComparison.Ordinal);
        Assert.DoesNotContain("Admin key", second.Printed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_from_the_environment_is_neither_written_nor_printed()
    {
        const string Key = "a-key-chosen-by-the-operator";
        using var data = new DataFolder();
        await using var gateway = await GatewayProcess.Start(data, Key);
        using var http = new HttpClient { BaseAddress = gateway.Url };

        (await new Api(http, Key).Get("/v1/keys")).Is(200);

        await gateway.Terminate();
        Assert.DoesNotContain(Key, gateway.Printed, StringComparison.Ordinal);
        Assert.False(File.Exists(data.File("bootstrap.key")));
    }

    [Fact]
    public async Task A_first_key_that_is_too_short_is_refused_at_the_start()
    {
        using var data = new DataFolder();

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => GatewayProcess.Start(data, "short"));

        Assert.Contains("CONVERSATIONS_BOOTSTRAP_KEY", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Neither_texts_nor_keys_nor_secrets_are_in_the_log()
    {
        const string Key = "the-first-key-of-this-log", Text = "purple elephants at midnight", Secret = "open-sesame-1001", Name = "Zebediah";
        using var data = new DataFolder();
        await using var gateway = await GatewayProcess.Start(data, Key);
        using var http = new HttpClient { BaseAddress = gateway.Url };
        var admin = new Api(http, Key);
        (await admin.Put("/v1/channels/webchat/acme", new { secrets = new { token = Secret } })).Is(200);
        var made = (await admin.Post("/v1/keys", new { name = "k", role = "agent", agent = "ann" })).Is(201).Of("key");
        var agent = new Api(http, made);
        var inbound = Some.Inbound("t", text: Text);
        inbound["author"]!["name"] = Name;
        var id = (await admin.Post("/v1/inbound", inbound)).Is(200).Of("conversationId");
        (await agent.Post($"/v1/conversations/{id}/messages", new { text = Text })).Is(201);
        (await agent.Post($"/v1/conversations/{id}/messages", $"{{\"text\":\"{Text}\",")).IsProblem(400, "malformed_json");
        (await agent.Post($"/v1/conversations/{id}/messages", $"{{\"{Text}\":1}}")).IsProblem(400, "unknown_field");
        (await agent.Post($"/v1/conversations/{id}/close", new { note = Text }, ifMatch: 1)).IsProblem(412, "version_conflict");
        (await admin.Put("/v1/channels/webchat/acme", $"{{\"secrets\":{{\"token\":\"{Secret}\"}}")).IsProblem(400, "malformed_json");
        (await new Api(http, Secret).Get($"/v1/conversations?customer={Name}")).IsProblem(401, "unauthorized");
        (await new Api(http, null).Get($"/v1/hub?access_token={made}")).Is(400);
        await using (var watcher = await Watcher.Start(agent, $"topic=conversation/{id}"))
        {
            (await admin.Post("/v1/inbound", Some.Inbound("t", text: Text))).Is(200);
            await watcher.Until(h => h.Data.Contains(Text, StringComparison.Ordinal));
        }

        await gateway.Terminate();

        Assert.Contains("Conversations gateway on", gateway.Printed, StringComparison.Ordinal);
        Assert.All([Key, Text, Secret, Name, made], secret => Assert.DoesNotContain(secret, gateway.Printed, StringComparison.Ordinal));
        Assert.DoesNotContain(" ERR ", gateway.Printed, StringComparison.Ordinal);
    }

    private static UnixFileMode ModeOf(string path) => OperatingSystem.IsWindows() ? throw new PlatformNotSupportedException() : File.GetUnixFileMode(path);
}
