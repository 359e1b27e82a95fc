using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Conversations.Domain;
using Conversations.Engine;
using Conversations.Gateway.Auth;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Conversations.Gateway.Demo;

/// <summary>
/// Plays <see cref="DemoScript"/>: forty conversations on six channels over about four minutes, three agents who answer, a few
/// whom nobody answers. It is a client like any other: everything goes through the public API.
/// </summary>
internal sealed partial class DemoScenario(
    IServer server, IHostApplicationLifetime lifetime, IEntities entities, ApiKeys keys, TimeProvider time, ILogger<DemoScenario> logger) : BackgroundService
{
    private const int Conversations = 40;
    private static readonly TimeSpan BetweenArrivals = TimeSpan.FromSeconds(6);

    /// <summary>Short promises, so that warnings and breaches show within minutes.</summary>
    private static readonly object Promises = new { firstResponse = 60, nextResponse = 60, resolution = 240, warnAt = 0.5 };

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await Started(stoppingToken);
            using var admin = await Client("admin", Role.Admin, null);
            await DefineTeam(admin, stoppingToken);
            await RegisterChannels(admin, stoppingToken);
            using var integrator = await Client("channels", Role.Integrator, null);
            var agents = await Task.WhenAll(DemoScript.Agents.Select(name => Client(name, Role.Agent, name)));
            LogPlaying(logger, Conversations);
            await Task.WhenAll([Customers(integrator, stoppingToken), .. agents.Select((agent, i) => Work(agent, DemoScript.Agents[i], stoppingToken))]);
        }
        catch (OperationCanceledException)
        {
            // stopping
        }
#pragma warning disable CA1031 // Whoever plays with the demo may revoke its key or close its channel: the show ends, the gateway goes on.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            LogEnded(logger, failure.Message);
        }
    }

    private async Task Started(CancellationToken cancellation)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var onStarted = lifetime.ApplicationStarted.Register(started.SetResult);
        using var onStopping = cancellation.Register(() => started.TrySetCanceled(cancellation));
        await started.Task;
    }

    private async Task<HttpClient> Client(string name, Role role, string? agent)
    {
        var (id, key) = keys.Make(AccountId.Default, $"demo/{name}");
        await entities.Send(
            AccountId.Default,
            new Envelope<AccountCommand>($"demo/{name}", Actor.System, new CreateKey(id, ApiKeys.HashOf(key), $"Demo: {name}", role, agent is null ? null : new(agent)), Strict: false),
            CancellationToken.None);
        var client = new HttpClient { BaseAddress = new(server.Features.Get<IServerAddressesFeature>()!.Addresses.First()) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    /// <summary>Everybody serves every queue.</summary>
    private static async Task DefineTeam(HttpClient admin, CancellationToken cancellation)
    {
        var queues = DemoScript.Channels.Select(c => c.Queue).Distinct().ToArray();
        foreach (var queue in queues)
        {
            await Expect(admin.PutAsJsonAsync($"/v1/queues/{queue}", new { }, cancellation));
        }

        foreach (var agent in DemoScript.Agents)
        {
            await Expect(admin.PutAsJsonAsync($"/v1/agents/{agent}", new { queues }, cancellation));
        }
    }

    private static async Task RegisterChannels(HttpClient admin, CancellationToken cancellation)
    {
        foreach (var (channel, account, queue, _) in DemoScript.Channels)
        {
            await Expect(admin.PutAsJsonAsync($"/v1/channels/{channel}/{account}", new { name = "Aurora Air", queue, sla = Promises }, cancellation));
        }
    }

    private async Task Customers(HttpClient client, CancellationToken cancellation) =>
        await Task.WhenAll(Enumerable.Range(0, Conversations).Select(i => Customer(client, i, cancellation)));

    /// <summary>Writes, and writes again when nobody answers for a while.</summary>
    private async Task Customer(HttpClient client, int i, CancellationToken cancellation)
    {
        await Task.Delay(BetweenArrivals * i, time, cancellation);
        var (opening, nudge, _) = DemoScript.Cases[i % DemoScript.Cases.Length];
        await Write(client, i, 1, opening, cancellation);
        if (i % 3 == 0)
        {
            await Task.Delay(TimeSpan.FromSeconds(25), time, cancellation);
            await Write(client, i, 2, nudge, cancellation);
        }
    }

    private static async Task Write(HttpClient client, int i, int n, string text, CancellationToken cancellation)
    {
        var (channel, account, _, visibility) = DemoScript.Channels[i % DemoScript.Channels.Length];
        var (name, handle, followers) = DemoScript.Customers[i % DemoScript.Customers.Length];
        await Expect(client.PostAsJsonAsync("/v1/inbound", new
        {
            channel,
            channelAccount = account,
            thread = $"demo-{i}",
            externalId = $"demo-{i}-{n}",
            visibility,
            author = new { id = handle, name, handle = $"@{handle}", followers = visibility == "public" ? followers : (long?)null },
            text,
        }, cancellation));
    }

    /// <summary>Takes what is offered, answers it, closes it; does not come to some of it. At the pace of a shift that has just begun, so that a queue builds up.</summary>
    private async Task Work(HttpClient client, string agent, CancellationToken cancellation)
    {
        var self = $"/v1/agents/{agent}";
        await Expect(client.PostAsync($"{self}/heartbeat", null, cancellation));
        await Expect(client.PostAsJsonAsync($"{self}/presence", new { status = "available" }, cancellation));
        using var pace = new PeriodicTimer(TimeSpan.FromSeconds(7), time);
        while (await pace.WaitForNextTickAsync(cancellation))
        {
            await Expect(client.PostAsync($"{self}/heartbeat", null, cancellation));
            var work = (await client.GetFromJsonAsync<JsonObject>(self, cancellation))!["work"]!.AsArray();
            if (work.FirstOrDefault(w => w!["kind"]!.GetValue<string>() == "offered") is { } offered)
            {
                await Take(client, $"/v1/conversations/{offered["conversation"]}", $"{offered["offer"]}", cancellation);
            }
        }
    }

    private static async Task Take(HttpClient client, string path, string offer, CancellationToken cancellation)
    {
        using var accepted = await client.PostAsync($"{path}/offers/{offer}/accept", null, cancellation);
        if (!accepted.IsSuccessStatusCode)
        {
            return; // somebody took it by hand
        }

        var number = Number((await client.GetFromJsonAsync<JsonObject>(path, cancellation))!);
        if (number % 5 != 4)
        {
            await Answer(client, path, number, cancellation);
        }
    }

    private static async Task Answer(HttpClient client, string path, int number, CancellationToken cancellation)
    {
        var (_, _, answer) = DemoScript.Cases[number % DemoScript.Cases.Length];
        if (number % 4 == 1)
        {
            await Expect(client.PostAsJsonAsync($"{path}/messages", new { kind = "note", text = "Checked with the station; see the booking." }, cancellation));
        }

        await Expect(client.PostAsJsonAsync($"{path}/messages", new { kind = "reply", text = answer }, cancellation));
        if (number % 2 == 0)
        {
            var now = await client.GetFromJsonAsync<JsonObject>(path, cancellation);
            using var close = new HttpRequestMessage(HttpMethod.Post, $"{path}/close") { Content = JsonContent.Create(new { disposition = "solved" }) };
            close.Headers.IfMatch.Add(new($"\"{now!["seq"]}\""));
            using var closed = await client.SendAsync(close, cancellation);
        }
        else
        {
            await Expect(client.PostAsJsonAsync($"{path}/pending", new { }, cancellation));
        }
    }

    private static int Number(JsonNode conversation) =>
        int.Parse(conversation["thread"]!.GetValue<string>().AsSpan("demo-".Length), CultureInfo.InvariantCulture);

    private static async Task Expect(Task<HttpResponseMessage> sending)
    {
        using var response = await sending;
        response.EnsureSuccessStatusCode();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The demo has ended: {Reason}")]
    private static partial void LogEnded(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Playing the demo: {Conversations} conversations over about four minutes.")]
    private static partial void LogPlaying(ILogger logger, int conversations);
}
