using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Conversations.Replaying;

namespace Conversations.Peaks;

internal sealed record ListedConversation(string Id, string ChannelAccount, string Thread, string Status, ListedRouting Routing);

internal sealed record ListedRouting(string State);

internal sealed record HistoryEvent(long Seq, string Type, DateTimeOffset At, JsonElement Data);

/// <summary>
/// The gateway's HTTP API as the people of a peak use it. Each agent has a key of their own, and acts, beats and answers with
/// it; everything else is done with the run's own key.
/// </summary>
/// <param name="key">Of role admin: queues, agents, channel accounts and keys are made.</param>
internal sealed class Gateway(Uri url, string key, int connections, Scenario scenario, TimeProvider time) : IDisposable
{
    /// <summary>A live class: one offer at a time for each agent, and quick to lapse.</summary>
    public const string Channel = "webchat";

    /// <summary>Units one live conversation takes, by default (routing.md 1).</summary>
    public const int Weight = 33;

    /// <summary>How a conversation ended whose customer did not wait; and how all others do.</summary>
    public const string Left = "customer-left", Served = "served";

    public const int PageSize = 200;

    /// <summary>A close may cross with the conversation's other changes; with the version it is then told it is tried again.</summary>
    private const int MostConflicts = 20;

    /// <summary>New assignments of an agent in a minute: the most the gateway keeps count of.</summary>
    private const int FastestPace = 16;

    private const string TermsPath = "v1/routing";

    private readonly PersistentHttp http = new(url, key, connections, time);
    private readonly ConcurrentDictionary<Desk, (string Id, string Key)> keys = [];
    private readonly string run = Guid.NewGuid().ToString("N");

    /// <inheritdoc cref="PersistentHttp.Retries"/>
    public long Retries => http.Retries;

    public void Dispose() => http.Dispose();

    /// <summary>
    /// People who work many times as fast must not be held back by a pace meant for people, nor by a ramp as after a night's
    /// absence. The rest of the account's routing stays as it is.
    /// </summary>
    /// <returns>What it was, to be put back.</returns>
    public async Task<JsonObject> Hurry(CancellationToken cancellation)
    {
        var before = await http.Get<JsonObject>(TermsPath, cancellation);
        var hurried = before.DeepClone().AsObject();
        (hurried["perMinute"], hurried["rampPerMinute"]) = (FastestPace, FastestPace);
        await PutTerms(hurried, cancellation);
        return before;
    }

    public async Task PutTerms(JsonObject terms, CancellationToken cancellation) => await Require(HttpMethod.Put, TermsPath, terms, cancellation);

    public async Task SetUp(Line line, CancellationToken cancellation)
    {
        // Wrap-ups are ended by the agents; the limit is only there to be longer.
        await Require(HttpMethod.Put, $"v1/queues/{line.Name}", new
        {
            name = line.Name,
            wrapUp = scenario.WrapUp is null ? null : new { mode = "timed", seconds = 3_600 },
            sticky = "off", // every customer is a new one
        }, cancellation);
        var target = (int)Math.Max(1, Math.Ceiling(scenario.Real(scenario.FirstResponse).TotalSeconds));
        await Require(HttpMethod.Put, $"v1/channels/{Channel}/{line.Name}", new
        {
            name = line.Name,
            queue = line.Name,
            sla = new { firstResponse = target, nextResponse = 86_400, resolution = 604_800 },
        }, cancellation);
    }

    /// <summary>Hires an agent: defined, with a key.</summary>
    public async Task SetUp(Desk desk, CancellationToken cancellation)
    {
        await Require(HttpMethod.Put, $"v1/agents/{desk.Name}", new { name = desk.Name, queues = new[] { desk.Line.Name }, capacity = desk.Slots * Weight }, cancellation);
        var made = await Require(HttpMethod.Post, "v1/keys", new { name = desk.Name, role = "agent", agent = desk.Name }, cancellation);
        keys[desk] = (made.GetProperty("id").GetString()!, made.GetProperty("key").GetString()!);
    }

    /// <summary>The agent comes to work: alive and available. For all of them within a lease, before the first has to beat again.</summary>
    public async Task SignIn(Desk desk, CancellationToken cancellation)
    {
        foreach (var request in new Request[] { new Request.Heartbeat(desk), new Request.Declare(desk, "available", Next: false) })
        {
            if (await Do(request, cancellation) is { Code: { } code })
            {
                throw new ReplayFailedException($"The gateway refused {desk.Name} the {request.Name}: {code}.");
            }
        }
    }

    /// <summary>The run is over: nobody is left behind who would be offered something, and no key that works.</summary>
    public async Task Dismiss(Desk desk, CancellationToken cancellation)
    {
        await Do(new Request.Declare(desk, "offline", Next: false), cancellation);
        foreach (var path in new[] { $"v1/agents/{desk.Name}", $"v1/keys/{keys[desk].Id}" })
        {
            await Require(HttpMethod.Delete, path, null, cancellation);
        }
    }

    public Task<Answer> Do(Request request, CancellationToken cancellation) => request switch
    {
        Request.Write r => Write(r, cancellation),
        Request.Accept r => Post(OfferPath(r.Customer, r.Offer, "accept"), null, $"accept/{r.Offer}/{r.Desk.Name}", r.Desk, null, cancellation),
        Request.Reject r => Post(OfferPath(r.Customer, r.Offer, "reject"), new { reason = "busy" }, $"reject/{r.Offer}/{r.Desk.Name}", r.Desk, null, cancellation),
        Request.Say r => Post(
            Path(r.Customer, "messages"), new { kind = "reply", text = $"Answer {r.Number}" }, $"say/{r.Customer.Thread}/{r.Customer.Turn}/{r.Number}", r.Desk, null, cancellation),
        Request.Close r => Close(r.Customer, r.Desk, scenario.WrapUp is null ? Served : null, cancellation),
        Request.CompleteWrap r => Close(r.Customer, r.Desk, Served, cancellation),
        Request.Leave r => Post(Path(r.Customer, "close"), new { disposition = Left }, $"leave/{r.Customer.Thread}/{r.Customer.Seq}", null, r.Customer.Seq, cancellation),
        Request.Declare r => Post(
            $"v1/agents/{r.Desk.Name}/presence", r.Next ? (object)new { next = r.Status } : new { status = r.Status }, $"declare/{Guid.NewGuid():N}", r.Desk, null, cancellation),
        Request.Heartbeat r => Post($"v1/agents/{r.Desk.Name}/heartbeat", null, null, r.Desk, null, cancellation),
        _ => throw new ArgumentOutOfRangeException(nameof(request), request.Name, null),
    };

    /// <summary>The newest place in the feed: watching from it misses nothing that happens from now on.</summary>
    public async Task<string> Now(CancellationToken cancellation) =>
        (await http.Get<JsonElement>("v1/conversations?limit=1", cancellation)).GetProperty("asOf").GetString()!;

    /// <summary>Everything in the account, as it happens. One stream for all: the run's key may see it, and one is enough for tens of thousands of agents.</summary>
    public async Task<HttpResponseMessage> Watch(string cursor, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "v1/feed?topic=account");
        request.Headers.Add("Last-Event-ID", cursor);
        var response = await http.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        await PersistentHttp.Require(response, "watching the account", cancellation);
        return response;
    }

    /// <summary>Every conversation of the channel accounts whose name begins so.</summary>
    public async Task<IReadOnlyList<ListedConversation>> ListConversations(string accounts, CancellationToken cancellation)
    {
        List<ListedConversation> all = [];
        string? cursor = null;
        do
        {
            var from = cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}";
            var page = await http.Get<Page<ListedConversation>>($"v1/conversations?channel={Channel}&order=created&limit={PageSize}{from}", cancellation);
            all.AddRange(page.Items.Where(c => c.ChannelAccount.StartsWith(accounts, StringComparison.Ordinal)));
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        return all;
    }

    public async Task<IReadOnlyList<HistoryEvent>> ReadHistory(string conversation, CancellationToken cancellation)
    {
        List<HistoryEvent> all = [];
        HistoryPage page;
        do
        {
            var after = all.Count == 0 ? 0 : all[^1].Seq;
            page = await http.Get<HistoryPage>($"v1/conversations/{conversation}/events?after={after}&limit={PageSize}", cancellation);
            if (page.HasMore && (page.Items.Count == 0 || page.Items[^1].Seq <= after))
            {
                throw new ReplayFailedException($"The history of {conversation} says there is more after {after}, but gives nothing.");
            }

            all.AddRange(page.Items);
        }
        while (page.HasMore);
        return all;
    }

    private async Task<Answer> Write(Request.Write request, CancellationToken cancellation)
    {
        var customer = request.Customer;
        var body = new
        {
            channel = Channel,
            channelAccount = customer.Line.Name,
            thread = customer.Thread,
            externalId = customer.MessageId(request.Number),
            direction = "inbound",
            visibility = "private",
            sentAt = time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
            author = new { id = customer.Thread, name = $"Customer {customer.Index}" },
            text = $"Question {request.Number}",
        };
        var (response, _) = await http.Ask(() => Make(HttpMethod.Post, "v1/inbound", body, null, null, null), cancellation);
        using (response)
        {
            return response.IsSuccessStatusCode
                ? new(null, (await response.Content.ReadFromJsonAsync<JsonElement>(cancellation)).GetProperty("conversationId").GetString())
                : new((await PersistentHttp.Problem(response, cancellation)).Code);
        }
    }

    private async Task<Answer> Close(Customer customer, Desk desk, string? disposition, CancellationToken cancellation)
    {
        var seq = customer.Seq;
        for (var conflicts = 0; ; conflicts++)
        {
            var version = seq;
            var (response, _) = await http.Ask(
                () => Make(HttpMethod.Post, Path(customer, "close"), new { disposition }, $"close/{customer.Thread}/{version}/{disposition}", desk, version), cancellation);
            using (response)
            {
                if (response.IsSuccessStatusCode)
                {
                    return default;
                }

                var problem = await response.Content.ReadFromJsonAsync<JsonElement>(cancellation);
                var code = problem.GetProperty("code").GetString()!;
                if (code != "version_conflict" || conflicts == MostConflicts)
                {
                    return new(code);
                }

                seq = problem.GetProperty("current").GetProperty("seq").GetInt64();
            }
        }
    }

    private async Task<Answer> Post(string path, object? body, string? once, Desk? desk, long? version, CancellationToken cancellation)
    {
        var (response, _) = await http.Ask(() => Make(HttpMethod.Post, path, body, once, desk, version), cancellation);
        using (response)
        {
            return response.IsSuccessStatusCode ? default : new((await PersistentHttp.Problem(response, cancellation)).Code);
        }
    }

    private async Task<JsonElement> Require(HttpMethod method, string path, object? body, CancellationToken cancellation)
    {
        var once = Guid.NewGuid().ToString("N");
        var (response, _) = await http.Ask(() => Make(method, path, body, once, null, null), cancellation);
        using (response)
        {
            await PersistentHttp.Require(response, $"{method} {path}", cancellation);
            return response.StatusCode == HttpStatusCode.NoContent ? default : await response.Content.ReadFromJsonAsync<JsonElement>(cancellation);
        }
    }

    /// <param name="once">What makes a second time harmless, within the run.</param>
    /// <param name="desk">Who does it. Null: the run.</param>
    /// <param name="version">That was seen.</param>
    private HttpRequestMessage Make(HttpMethod method, string path, object? body, string? once, Desk? desk, long? version)
    {
        var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body, body.GetType(), options: PersistentHttp.Json) };
        if (once is not null)
        {
            request.Headers.Add("Idempotency-Key", $"{run}/{once}");
        }

        if (desk is not null)
        {
            request.Headers.Authorization = new("Bearer", keys[desk].Key);
        }

        if (version is { } seen)
        {
            request.Headers.TryAddWithoutValidation("If-Match", $"\"{seen}\"");
        }

        return request;
    }

    private static string Path(Customer customer, string what) => $"v1/conversations/{customer.Conversation}/{what}";

    private static string OfferPath(Customer customer, string offer, string what) => Path(customer, $"offers/{Uri.EscapeDataString(offer)}/{what}");

    private sealed record Page<T>(IReadOnlyList<T> Items, string? NextCursor);

    private sealed record HistoryPage(IReadOnlyList<HistoryEvent> Items, bool HasMore);
}
