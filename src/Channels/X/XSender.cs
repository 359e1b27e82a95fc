using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Conversations.Domain;
using NodaTime;

namespace Conversations.Channels.X;

/// <summary>
/// Sends a reply as one post or direct message, or as a chain of numbered ones, one per step. X has no idempotency key: after a
/// try whose outcome is not known the part is looked for before it is posted again (channels.md 1 and 11).
/// </summary>
internal sealed class XSender(HttpClient http, TimeProvider time)
{
    public async ValueTask<SendResult> Send(SendRequest request, CancellationToken cancellation)
    {
        if (Refusal(request.Reply) is { } refusal)
        {
            return refusal;
        }

        if (request.Secrets.Secret(XChannel.AccessToken) is not { Length: > 0 } token || token.Any(char.IsControl))
        {
            return new SendResult.Unauthorised("no_access_token");
        }

        if (Origin(request.Secrets) is not { } origin)
        {
            return new SendResult.Later("invalid_base_url");
        }

        var reply = request.Reply;
        var parts = reply.Visibility == Visibility.Private
            ? XSplit.DirectMessage(reply.Text)
            : XSplit.Post(reply.Text, reply.CustomerHandle);
        if (parts.Count == 0)
        {
            return new SendResult.Rejected(
                XErrors.TextTooLong, string.Create(CultureInfo.InvariantCulture, $"The text needs more than {XLimits.Parts} posts."));
        }

        if (Sent(request.Progress) is not { } sent || sent.Count >= parts.Count)
        {
            return new SendResult.Rejected(XErrors.Invalid, "The progress of this reply cannot be read.");
        }

        var step = new Step(request, new XApi(http, time, origin, token), parts, sent, cancellation);
        return reply.Visibility == Visibility.Private ? await DirectMessage(step) : await Post(step);
    }

    /// <summary>What is refused without asking X. An internal note is refused by the decision already; here it is refused again.</summary>
    private static SendResult.Rejected? Refusal(OutgoingReply reply) =>
        reply.Kind is not (MessageKind.Reply or MessageKind.BotReply) || reply.Visibility is not (Visibility.Public or Visibility.Private)
            ? new(XErrors.InternalMessage, "Internal notes never leave.")
        : reply.Attachments is { Count: > 0 }
            ? new(XErrors.AttachmentsUnsupported, "Files cannot be sent to X from here.")
        : XText.Clean(reply.Text).Length == 0
            ? new(XErrors.EmptyText, "There is no text to send.")
        : reply.Visibility == Visibility.Public && string.IsNullOrEmpty(reply.ReplyTo)
            ? new(XErrors.NoReplyTarget, "A public reply needs the post it answers: without one it would be a post to everybody.")
        : reply.Visibility == Visibility.Private && string.IsNullOrEmpty(reply.Customer)
            ? new(XErrors.NoReplyTarget, "A direct message needs a recipient.")
        : null;

    private static Uri? Origin(ChannelSecrets secrets) =>
        Uri.TryCreate(secrets.Option(XChannel.BaseUrl) is { Length: > 0 } given ? given : XChannel.DefaultBaseUrl, UriKind.Absolute, out var uri)
        && uri.Scheme is "https" or "http" ? uri : null;

    private async Task<SendResult> Post(Step step)
    {
        var target = step.Sent.Count == 0 ? step.Reply.ReplyTo! : step.Sent[^1];
        if (step.MayHaveReachedX)
        {
            var look = await XLook.ForPost(step, target);
            if (look.Settles(step, out var settled, Now))
            {
                return settled;
            }
        }

        var answer = await step.Api.Post(
            "/2/tweets",
            new JsonObject { ["text"] = step.Text, ["reply"] = new JsonObject { ["in_reply_to_tweet_id"] = target } },
            step.Cancellation);
        return answer.IsSuccess && answer.Body.At("data").Id("id") is { } id ? step.Done(id, Now) : await Failed(step, answer, target);
    }

    /// <summary>
    /// "Duplicate" after a try of our own probably means that try: it shows up in the timeline soon. So wait for it a few times
    /// before telling the agent that nothing was sent.
    /// </summary>
    private async Task<SendResult> Failed(Step step, XAnswer answer, string target)
    {
        var failure = XErrors.Failure(answer, isPrivate: false, Now);
        if (failure is not SendResult.Rejected { Code: XErrors.DuplicateContent } || !step.MayHaveReachedX)
        {
            return failure;
        }

        var look = await XLook.ForPost(step, target);
        return look.Settles(step, out var settled, Now) ? settled
            : step.Attempts < XLimits.DuplicatePatience ? new SendResult.Later("duplicate_not_found_yet")
            : failure;
    }

    private async Task<SendResult> DirectMessage(Step step)
    {
        if (step.MayHaveReachedX)
        {
            var look = await XLook.ForDirectMessage(step);
            if (look.Settles(step, out var settled, Now))
            {
                return settled;
            }
        }

        var answer = await step.Api.Post(
            $"/2/dm_conversations/with/{Uri.EscapeDataString(step.Reply.Customer)}/messages",
            new JsonObject { ["text"] = step.Text },
            step.Cancellation);
        return answer.IsSuccess && answer.Body.At("data").Id("dm_event_id") is { } id
            ? step.Done(id, Now)
            : XErrors.Failure(answer, isPrivate: true, Now);
    }

    private Instant Now => Instant.FromDateTimeOffset(time.GetUtcNow());

    /// <returns>The ids of the parts sent so far; null if the progress is not ours.</returns>
    private static List<string>? Sent(string? progress)
    {
        if (progress is null)
        {
            return [];
        }

        using var json = XJson.Parse(Encoding.UTF8.GetBytes(progress));
        var ids = json?.RootElement.At("ids") ?? default;
        return ids.Is(JsonValueKind.Array) && ids.Items().Select(id => id.AsId()).ToList() is var read && !read.Contains(null)
            ? [.. read.OfType<string>()]
            : null;
    }
}

/// <summary>One part on its way.</summary>
internal sealed class Step(
    SendRequest request, XApi api, IReadOnlyList<string> parts, IReadOnlyList<string> sent, CancellationToken cancellation)
{
    public OutgoingReply Reply => request.Reply;
    public string Brand => request.Secrets.ChannelAccount;
    public Instant EnqueuedAt => request.EnqueuedAt;
    public int Attempts => request.Attempts;
    public bool MayHaveReachedX => request.Attempts > 0;
    public XApi Api => api;
    public IReadOnlyList<string> Sent => sent;
    public string Text => parts[sent.Count];
    public CancellationToken Cancellation => cancellation;

    public SendResult Done(string id, Instant at)
    {
        string[] ids = [.. sent, id];
        return ids.Length == parts.Count
            ? new SendResult.Sent(ids, at)
            : new SendResult.Progressed(Progress(ids));
    }

    private static string Progress(string[] ids) =>
        new JsonObject { ["ids"] = new JsonArray([.. ids.Select(id => (JsonNode)id)]), ["part"] = ids.Length }.ToJsonString();
}
