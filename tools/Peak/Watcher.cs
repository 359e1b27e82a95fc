using System.Net.ServerSentEvents;
using System.Text.Json;
using Conversations.Replaying;

namespace Conversations.Peaks;

/// <summary>
/// Follows the account's feed for as long as the run lasts. When the stream ends, or the gateway says we were too slow, it
/// goes on from its own cursor: what was skipped is still kept, so nothing is missed, only late.
/// </summary>
internal sealed class Watcher(Gateway gateway, TimeProvider time)
{
    /// <summary>Between attempts to come back, once a stream has ended.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(500);

    /// <summary>How long the gateway may be away.</summary>
    private static readonly TimeSpan Patience = PersistentHttp.Patience;

    private readonly TaskCompletionSource watching = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Once the first stream stands.</summary>
    public Task Watching => watching.Task;

    /// <summary>Times we were told to be too slow.</summary>
    public int Resets { get; private set; }

    /// <summary>Times the stream ended.</summary>
    public int Reconnects { get; private set; }

    public long Events { get; private set; }

    /// <summary>Ends when cancelled.</summary>
    /// <exception cref="ReplayFailedException">The gateway refused, was away too long, or no longer keeps what we have not seen.</exception>
    public async Task Run(string cursor, Action<Change> see, CancellationToken cancellation)
    {
        var lost = time.GetTimestamp();
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                using var response = await gateway.Watch(cursor, cancellation);
                watching.TrySetResult();
                await foreach (var item in SseParser.Create(await response.Content.ReadAsStreamAsync(cancellation), Parse).EnumerateAsync(cancellation))
                {
                    lost = time.GetTimestamp();
                    if (item.EventType == "reset")
                    {
                        Resets++;
                        if (item.Data.Reason != "slow")
                        {
                            throw new ReplayFailedException($"The feed was reset: {item.Data.Reason}. What happened meanwhile is not known.");
                        }

                        break;
                    }

                    if (item.EventType == "change")
                    {
                        Events++;
                        if (item.Data.Change is { } change)
                        {
                            see(change);
                        }
                    }

                    cursor = item.EventId ?? cursor;
                }
            }
            catch (Exception e) when (e is HttpRequestException or IOException && time.GetElapsedTime(lost) < Patience)
            {
                await Task.Delay(Rest, time, cancellation);
            }

            Reconnects++;
        }
    }

    private readonly record struct Item(Change? Change, string? Reason);

    private static Item Parse(string type, ReadOnlySpan<byte> data) => type switch
    {
        "change" => new(ReadChange(data), null),
        "reset" => new(null, Reason(data)),
        _ => default,
    };

    private static string? Reason(ReadOnlySpan<byte> data)
    {
        var reader = new Utf8JsonReader(data);
        return JsonElement.ParseValue(ref reader).GetProperty("reason").GetString();
    }

    /// <summary>Null for what nobody here minds. Most events are of that kind, so the type is looked for before anything is made of it.</summary>
    private static Change? ReadChange(ReadOnlySpan<byte> data)
    {
        var reader = new Utf8JsonReader(data);
        reader.Read();
        string? entity = null, type = null;
        var (seq, at) = (0L, default(DateTimeOffset));
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("entity"u8))
            {
                reader.Read();
                entity = reader.GetString();
            }
            else if (reader.ValueTextEquals("seq"u8))
            {
                reader.Read();
                seq = reader.GetInt64();
            }
            else if (reader.ValueTextEquals("type"u8))
            {
                reader.Read();
                type = reader.GetString()!;
            }
            else if (reader.ValueTextEquals("at"u8))
            {
                reader.Read();
                at = reader.GetDateTimeOffset();
            }
            else if (reader.ValueTextEquals("data"u8))
            {
                reader.Read();
                return new(entity!, seq, type!, at, Simulation.Minds(type!) ? JsonElement.ParseValue(ref reader) : default);
            }
            else
            {
                reader.Skip();
            }
        }

        return null;
    }
}
