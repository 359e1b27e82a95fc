using System.Text.Json;
using Conversations.Channels.X;
using Conversations.Domain;
using NodaTime;
using Xunit;
using static Conversations.Channels.Tests.X.XDouble;

namespace Conversations.Channels.Tests.X;

/// <summary>The sender against a double of X's API over real HTTP.</summary>
public sealed class SenderTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, 500, TimeSpan.Zero);

    private readonly ManualTime time = new(Noon);
    private readonly HttpClient http = XServices.Client();
    private XDouble x = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static Instant Now => Instant.FromDateTimeOffset(Noon);

    public async ValueTask InitializeAsync() => x = await Start(time, pageSize: 3, Cancellation);

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await x.DisposeAsync();
    }

    [Fact]
    public async Task A_public_reply_is_a_post_under_the_customers_post()
    {
        var sent = Assert.IsType<SendResult.Sent>(await Send(Public("Hello & <welcome> 👋")));

        var post = Assert.Single(x.Posts);
        Assert.Equal(("Hello & <welcome> 👋", "450"), (post.Text, post.InReplyTo));
        Assert.Equal([post.Id], sent.ExternalIds);
        Assert.Equal(Now, sent.At);
        Assert.Equal(["POST /2/tweets"], x.Calls);
    }

    [Fact]
    public async Task A_private_reply_is_a_direct_message_whatever_the_thread_was()
    {
        var sent = Assert.IsType<SendResult.Sent>(await Send(Private("Hello")));

        var message = Assert.Single(x.DirectMessages);
        Assert.Equal(("77", "Hello"), (message.Recipient, message.Text));
        Assert.Equal([message.Id], sent.ExternalIds);
        Assert.Empty(x.Posts);
    }

    [Fact]
    public async Task A_long_reply_is_a_chain_of_numbered_posts_one_at_a_step()
    {
        var (result, steps) = await SendAll(Public(Words(120)));

        var posts = x.Posts;
        Assert.Equal(steps, posts.Count);
        Assert.InRange(posts.Count, 3, 9);
        Assert.Equal(posts.Select(post => post.Id), Assert.IsType<SendResult.Sent>(result).ExternalIds);
        Assert.Equal(new[] { "450" }.Concat(posts.Select(post => post.Id)).Take(posts.Count), posts.Select(post => post.InReplyTo));
        Assert.All(posts.Index(), post => Assert.EndsWith($" ({post.Index + 1}/{posts.Count})", post.Item.Text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Progress_tells_the_ids_and_the_part()
    {
        var progressed = Assert.IsType<SendResult.Progressed>(await Send(Public(Words(120))));

        using var json = JsonDocument.Parse(progressed.Progress);
        Assert.Equal(x.Posts[0].Id, Assert.Single(json.RootElement.GetProperty("ids").EnumerateArray()).GetString());
        Assert.Equal(1, json.RootElement.GetProperty("part").GetInt32());
    }

    [Fact]
    public async Task A_long_direct_message_is_split_too()
    {
        var (result, _) = await SendAll(Private(Words(2000)));

        Assert.Equal(2, x.DirectMessages.Count);
        Assert.Equal(x.DirectMessages.Select(message => message.Id), Assert.IsType<SendResult.Sent>(result).ExternalIds);
    }

    [Theory]
    [InlineData(MessageKind.Note, Visibility.Internal)]
    [InlineData(MessageKind.Note, Visibility.Public)]
    [InlineData(MessageKind.Reply, Visibility.Internal)]
    [InlineData(MessageKind.System, Visibility.Public)]
    [InlineData(MessageKind.Customer, Visibility.Private)]
    public async Task Nothing_internal_leaves(MessageKind kind, Visibility visibility)
    {
        await Rejected(Public("secret") with { Kind = kind, Visibility = visibility }, "internal_message");
        Assert.Empty(x.Calls);
    }

    [Fact]
    public async Task What_cannot_be_sent_is_refused_without_a_call()
    {
        await Rejected(Public(" \n"), "empty_text");
        await Rejected(Public(new string('a', 30_000)), "text_too_long");
        await Rejected(Public("x") with { ReplyTo = null }, "no_reply_target");
        await Rejected(Private("x") with { Customer = "" }, "no_reply_target");
        await Rejected(Public("x") with { Attachments = [new Attachment("https://files.example/1")] }, "attachments_unsupported");
        Assert.Equal("invalid", Assert.IsType<SendResult.Rejected>(await Send(Public("x"), progress: "{}")).Code);
        Assert.IsType<SendResult.Unauthorised>(await Send(Public("x"), token: ""));
        Assert.Equal("invalid_base_url", Assert.IsType<SendResult.Later>(await Send(Public("x"), baseUrl: "ftp://x")).Reason);
        Assert.Empty(x.Calls);
    }

    [Theory]
    [InlineData(1_795_000_000L, null, 1_795_000_000L)]
    [InlineData(1_795_000_000L, 7, 1_795_000_000L)]
    [InlineData(null, 7, 1_795_262_407L)]
    [InlineData(null, null, null)]
    public async Task A_rate_limit_is_waited_for_as_long_as_X_says(long? reset, int? retryAfter, long? until)
    {
        x.FailSends(new Failure.RateLimited(reset, retryAfter));

        var later = Assert.IsType<SendResult.Later>(await Send(Public("x")));
        Assert.Equal(("rate_limited", until), (later.Reason, later.NotBefore?.ToUnixTimeSeconds()));
        Assert.Empty(x.Posts);
    }

    [Fact]
    public async Task When_the_days_limit_is_used_up_too_the_later_reset_counts()
    {
        x.FailSends(new Failure.RateLimited(1_795_000_000, DayReset: 1_795_080_000));
        Assert.Equal(1_795_080_000, Assert.IsType<SendResult.Later>(await Send(Public("x"))).NotBefore?.ToUnixTimeSeconds());
    }

    [Theory]
    [InlineData("caf\u00e9 \ud55c", "cafe\u0301 \u1112\u1161\u11ab", true)]
    [InlineData("a  b\n", "@ada a b", true)]
    [InlineData("see example.com", "see https://t.co/abc", true)]
    [InlineData("&lt;", "&amp;lt;", true)]
    [InlineData("yes", "no", false)]
    [InlineData("cafe", "cafe\u0301", false)]
    [InlineData("\u306f\u3044", "\u3067\u3059", false)]
    [InlineData("part (1/2)", "part (2/2)", false)]
    [InlineData("x", null, false)]
    public void A_text_is_recognised_as_X_gives_it_back(string ours, string? theirs, bool same) => Assert.Equal(same, XLook.SameText(ours, theirs));

    [Fact]
    public async Task A_failing_X_is_tried_later()
    {
        x.FailSends(Failure.ServerError, new Failure.Drop(), new Failure.Problem(402, "CreditsDepleted"));

        Assert.Equal("http_500", Assert.IsType<SendResult.Later>(await Send(Public("x"))).Reason);
        Assert.Equal("connection", Assert.IsType<SendResult.Later>(await Send(Public("x"))).Reason);
        Assert.Equal("credits_depleted", Assert.IsType<SendResult.Later>(await Send(Public("x"))).Reason);
        Assert.IsType<SendResult.Sent>(await Send(Public("x"), attempts: 3));
    }

    [Fact]
    public async Task An_unreachable_X_is_tried_later() =>
        Assert.Equal("connection", Assert.IsType<SendResult.Later>(await Send(Public("x"), baseUrl: "http://127.0.0.1:1")).Reason);

    [Fact]
    public async Task A_refused_token_stops_the_account_and_not_the_message()
    {
        Assert.IsType<SendResult.Unauthorised>(await Send(Public("x"), token: "old-token"));
        Assert.IsType<SendResult.Unauthorised>(await Send(Public("x"), token: "old-token", attempts: 1));
    }

    public static TheoryData<string, bool, string, int> Refusals => new()
    {
        { Failure.NotSummoned.Detail, false, "reply_not_permitted", 403 },
        { Failure.Duplicate.Detail, false, "duplicate_content", 403 },
        { Failure.TargetGone.Detail, false, "target_gone", 403 },
        { Failure.TargetGone.Detail, false, "target_gone", 400 },
        { "You are not permitted to perform this action.", false, "forbidden", 403 },
        { "Not found", false, "target_gone", 404 },
        { "One or more parameters to your request was invalid.", false, "invalid", 400 },
        { Failure.DmClosed.Detail, true, "dm_closed", 403 },
        { "You cannot send messages to this user.", true, "dm_closed", 403 },
        { "Your account is suspended.", true, "forbidden", 403 },
        { "", true, "target_gone", 404 },
        { "", true, "invalid", 422 },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task A_permanent_refusal_has_a_stable_code_and_Xs_own_words(string detail, bool isPrivate, string code, int status)
    {
        x.FailSends(new Failure.Problem(status, "Title", detail));

        var rejected = Assert.IsType<SendResult.Rejected>(await Send(isPrivate ? Private("x") : Public("x")));
        Assert.Equal(code, rejected.Code);
        Assert.Equal(detail.Length == 0 ? "Title" : "Title: " + detail, rejected.Detail);
    }

    [Fact]
    public async Task A_post_whose_answer_was_lost_is_found_and_not_made_twice()
    {
        x.FailSends(new Failure.AcceptThenDrop());
        var reply = Public("Hello & <welcome> to https://example.com/path, e\u0301 한 👋");

        Assert.Equal("connection", Assert.IsType<SendResult.Later>(await Send(reply)).Reason);
        var sent = Assert.IsType<SendResult.Sent>(await Send(reply, attempts: 1));
        Assert.Equal([Assert.Single(x.Posts).Id], sent.ExternalIds);
    }

    [Fact]
    public async Task A_direct_message_whose_answer_was_lost_is_found_and_not_made_twice()
    {
        x.FailSends(new Failure.AcceptThenDrop());

        Assert.IsType<SendResult.Later>(await Send(Private("Hello & bye")));
        var sent = Assert.IsType<SendResult.Sent>(await Send(Private("Hello & bye"), attempts: 1));
        Assert.Equal([Assert.Single(x.DirectMessages).Id], sent.ExternalIds);
    }

    [Fact]
    public async Task An_answer_lost_on_a_connection_in_use_is_not_repeated_behind_our_back()
    {
        await Send(Public("first"));
        x.FailSends(new Failure.AcceptThenDrop());

        Assert.IsType<SendResult.Later>(await Send(Public("second")));
        Assert.Equal(2, x.Posts.Count);
        Assert.Equal(2, x.Calls.Count);
    }

    [Fact]
    public async Task An_answer_that_never_comes_is_given_up_in_time_and_looked_for()
    {
        var hang = new Failure.AcceptThenHang();
        x.FailSends(hang);

        var sending = Send(Public("x")).AsTask();
        await hang.Begun;
        time.Advance(XLimits.Timeout);
        Assert.Equal("timeout", Assert.IsType<SendResult.Later>(await sending).Reason);

        var sent = Assert.IsType<SendResult.Sent>(await Send(Public("x"), attempts: 1));
        Assert.Equal([Assert.Single(x.Posts).Id], sent.ExternalIds);
    }

    [Fact]
    public async Task A_success_without_an_id_is_looked_for()
    {
        x.FailSends(new Failure.AcceptThenGarble());

        Assert.Equal("unreadable_answer", Assert.IsType<SendResult.Later>(await Send(Public("x"))).Reason);
        Assert.IsType<SendResult.Sent>(await Send(Public("x"), attempts: 1));
        Assert.Single(x.Posts);
    }

    [Fact]
    public async Task Giving_up_is_the_callers_choice_and_no_result()
    {
        var hang = new Failure.AcceptThenHang();
        x.FailSends(hang);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);

        var sending = Channel.Send(Request(Public("x")), stop.Token).AsTask();
        await hang.Begun;
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
    }

    [Fact]
    public async Task Every_part_of_a_chain_survives_a_lost_answer()
    {
        var reply = Public(Words(120));
        string? progress = null;
        while (true)
        {
            x.FailSends(new Failure.AcceptThenDrop());
            Assert.IsType<SendResult.Later>(await Send(reply, progress: progress));
            var result = await Send(reply, attempts: 1, progress: progress);
            if (result is SendResult.Sent sent)
            {
                Assert.Equal(x.Posts.Select(post => post.Id), sent.ExternalIds);
                break;
            }

            progress = Assert.IsType<SendResult.Progressed>(result).Progress;
        }

        Assert.Equal(new[] { "450" }.Concat(x.Posts.Select(post => post.Id)).SkipLast(1), x.Posts.Select(post => post.InReplyTo));
    }

    [Fact]
    public async Task A_try_that_never_reached_X_is_made_again()
    {
        x.FailSends(new Failure.Drop());

        Assert.IsType<SendResult.Later>(await Send(Public("x")));
        Assert.IsType<SendResult.Sent>(await Send(Public("x"), attempts: 1));
        Assert.Single(x.Posts);
    }

    [Fact]
    public async Task Looking_goes_through_as_many_pages_as_it_takes()
    {
        await Send(Public("wanted"));
        var wanted = x.Posts[0].Id;
        for (var i = 0; i < 10; i++)
        {
            await Send(Public($"other {i}"));
            await Send(Private($"other {i}"));
        }

        var sent = Assert.IsType<SendResult.Sent>(await Send(Public("wanted"), attempts: 1));
        Assert.Equal([wanted], sent.ExternalIds);
        Assert.Equal(4, x.Calls.Count(call => call.StartsWith("GET", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task The_same_words_under_another_post_or_from_before_are_not_this_reply()
    {
        x.Has(new Post("901", "thanks", "449", Noon));
        x.Has(new Post("902", "thanks!", "450", Noon));
        x.Has(new DirectMessage("903", "77", "thanks", Noon.AddMinutes(-1)));
        x.Has(new DirectMessage("904", "88", "thanks", Noon));

        var post = Assert.IsType<SendResult.Sent>(await Send(Public("thanks"), attempts: 1));
        var message = Assert.IsType<SendResult.Sent>(await Send(Private("thanks"), attempts: 1));
        Assert.DoesNotContain(post.ExternalIds[0], new[] { "901", "902" });
        Assert.DoesNotContain(message.ExternalIds[0], new[] { "903", "904" });
    }

    [Fact]
    public async Task Without_a_look_nothing_is_sent_again()
    {
        x.FailLooks(Failure.ServerError, new Failure.Drop(), new Failure.Problem(403, "Forbidden"), new Failure.RateLimited(1_795_000_000));

        foreach (var reason in new[] { "http_500", "connection", "look_failed", "rate_limited" })
        {
            Assert.Equal(reason, Assert.IsType<SendResult.Later>(await Send(Public("x"), attempts: 1)).Reason);
        }

        Assert.Empty(x.Posts);
    }

    [Fact]
    public async Task A_duplicate_after_a_try_of_our_own_is_that_try_once_the_timeline_shows_it()
    {
        x.FailSends(new Failure.AcceptThenDrop());
        await Send(Public("x"));

        x.BlindLooks(2);
        Assert.Equal("duplicate_not_found_yet", Assert.IsType<SendResult.Later>(await Send(Public("x"), attempts: 1)).Reason);
        x.BlindLooks(1);
        Assert.IsType<SendResult.Sent>(await Send(Public("x"), attempts: 2));
        x.BlindLooks(2);
        await Rejected(Public("x"), "duplicate_content", attempts: 3);
        Assert.Single(x.Posts);
    }

    [Fact]
    public void The_contract_names_what_sending_needs() =>
        Assert.All(Channel.Contract.SendsWith, name => Assert.Contains(name, Channel.Contract.Secrets.Keys));

    private XChannel Channel => new(http, time);

    private ValueTask<SendResult> Send(
        OutgoingReply reply, int attempts = 0, string? progress = null, string token = "good-token", string? baseUrl = null) =>
        Channel.Send(Request(reply, attempts, progress, token, baseUrl), Cancellation);

    private SendRequest Request(OutgoingReply reply, int attempts = 0, string? progress = null, string token = "good-token", string? baseUrl = null) => new(
        reply,
        new ChannelSecrets(
            "1000",
            new Dictionary<string, string> { [XChannel.AccessToken] = token },
            new Dictionary<string, string> { [XChannel.BaseUrl] = baseUrl ?? x.BaseUrl + "/" }),
        attempts, progress, Now);

    private async Task<(SendResult Result, int Steps)> SendAll(OutgoingReply reply)
    {
        string? progress = null;
        for (var steps = 1; ; steps++)
        {
            var result = await Send(reply, progress: progress);
            if (result is not SendResult.Progressed progressed)
            {
                return (result, steps);
            }

            progress = progressed.Progress;
        }
    }

    private async Task Rejected(OutgoingReply reply, string code, int attempts = 0) =>
        Assert.Equal(code, Assert.IsType<SendResult.Rejected>(await Send(reply, attempts)).Code);

    private static OutgoingReply Public(string text) => new(
        ConversationId.Of("c1"), MessageId.Of("c1-5"), new Address("x", "1000", "400:77"), MessageKind.Reply, Visibility.Public,
        "77", "@customer", "450", text, null);

    private static OutgoingReply Private(string text) => Public(text) with { Visibility = Visibility.Private };

    private static string Words(int count) => string.Join(' ', Enumerable.Range(0, count).Select(i => $"word{i}"));
}
