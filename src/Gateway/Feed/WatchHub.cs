using System.Runtime.CompilerServices;
using System.Text.Json;
using Conversations.Engine;
using Conversations.Gateway.Auth;
using Microsoft.AspNetCore.SignalR;

namespace Conversations.Gateway.Feed;

/// <summary>The feed over SignalR: <c>Watch(topics, cursor)</c> streams the same frames as SSE (api.md 4).</summary>
internal sealed class WatchHub(FeedReader reader, ApiKeys keys, AgentLiveness liveness, TimeProvider time) : Hub
{
    public async IAsyncEnumerable<WatchFrame> Watch(string[] topics, string? cursor, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var caller = Caller.From(Context.User) ?? throw new HubException("unauthorized");
        if (Topics.Parse(caller, topics ?? [], out var parsed) is { } refusal)
        {
            throw new HubException($"{refusal.Code}: {refusal.Detail}");
        }

        var start = await reader.Start(caller.Account, cursor, cancellation);
        if (start.Refusal is { } bad)
        {
            throw new HubException($"{bad.Code}: {bad.Detail}");
        }

        using var subscription = reader.Watch(parsed!, start.Position);
        if (start.Expired)
        {
            yield return WatchFrame.Of(subscription.Reset("expired", start.Position));
        }

        await liveness.Seen(caller, parsed!, cancellation);
        await foreach (var frame in subscription.Read(time, cancellation))
        {
            await liveness.Seen(caller, parsed!, cancellation);
            yield return WatchFrame.Of(frame);
            if (frame.Kind == FrameKind.GoAway)
            {
                // The frame is on its way to the socket, and the server drops what it has not sent when it closes the connection. The
                // client hangs up when it has heard; the stop waits for that, but not for long.
                await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            else if (frame.Kind == FrameKind.Ping && await keys.HasEnded(Context.GetHttpContext()!, cancellation))
            {
                yield break;
            }
        }
    }
}

/// <param name="Event">change, ping, reset or goaway.</param>
/// <param name="Id">The cursor to resume from; null for ping and goaway.</param>
internal sealed record WatchFrame(string Event, string? Id, JsonElement Data)
{
    public static WatchFrame Of(Frame frame) => new(frame.Event, frame.Cursor, JsonElement.Parse(frame.Data));
}
