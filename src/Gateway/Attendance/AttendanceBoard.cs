using System.Text.Json;
using Conversations.Domain;
using Conversations.Engine;
using Conversations.Gateway.Feed;
using Conversations.Gateway.Http;
using NodaTime;

namespace Conversations.Gateway.Attendance;

/// <summary>
/// Who is at a conversation now, looking or typing (routing.md 11). Every gateway hears of everybody, so each knows the same;
/// nothing is kept, and who is not heard of for <see cref="Lasting"/> has gone.
/// </summary>
internal sealed class AttendanceBoard(ISignals signals, FeedHub hub, TimeProvider time) : BackgroundService
{
    /// <summary>How long a sign holds. Clients repeat it every half of it.</summary>
    public static readonly Duration Lasting = Duration.FromSeconds(10);

    /// <summary>What is watched is told anew now and then, changed or not (realtime.md 1).</summary>
    private static readonly Duration Retold = Duration.FromSeconds(30);

    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    private readonly Dictionary<(AccountId Account, string Topic), SortedDictionary<string, Sign>> _present = [];
    private readonly Lock _gate = new();
    private readonly PeriodicTimer _beat = new(Beat, time);

    public void Say(AccountId account, ConversationId conversation, Actor who, AttendanceState state) =>
        signals.Send(new(account, Topics.TypingOf(conversation), JsonSerializer.Serialize(new Said(who, state), ApiJson.Options)));

    /// <summary>Who begins to watch learns at once who is there.</summary>
    public void Greet(Subscription subscription)
    {
        foreach (var topic in subscription.Topics.Names.Where(Topics.IsTyping))
        {
            lock (_gate)
            {
                subscription.OfferState(topic, Written((subscription.Topics.Account, topic)));
            }
        }
    }

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        signals.Heard += Hear;
        return base.StartAsync(cancellationToken);
    }

    public override Task StopAsync(CancellationToken cancellationToken)
    {
        signals.Heard -= Hear;
        return base.StopAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _beat.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var told = Now();
        try
        {
            while (await _beat.WaitForNextTickAsync(stoppingToken))
            {
                var all = Now() - told >= Retold;
                told = all ? Now() : told;
                Sweep(all);
            }
        }
        catch (OperationCanceledException)
        {
            // stopping
        }
    }

    private void Hear(Signal signal)
    {
        if (!Topics.IsTyping(signal.Topic) || JsonSerializer.Deserialize<Said>(signal.Body, ApiJson.Options) is not { } said)
        {
            return;
        }

        var (key, now) = ((signal.Account, signal.Topic), Now());
        lock (_gate)
        {
            _present.TryGetValue(key, out var people);
            var before = people?.GetValueOrDefault(said.Who.Id);
            if (said.State == AttendanceState.Gone)
            {
                if (before is null)
                {
                    return;
                }

                people!.Remove(said.Who.Id);
            }
            else
            {
                (people ??= _present[key] = new(StringComparer.Ordinal))[said.Who.Id] =
                    new(said.Who, said.State, before?.State == said.State ? before.Since : now, now + Lasting);
            }

            if (before?.State != said.State)
            {
                Tell(key);
            }
        }
    }

    private void Sweep(bool all)
    {
        var now = Now();
        lock (_gate)
        {
            foreach (var (key, people) in _present.ToArray())
            {
                string[] gone = [.. people.Where(p => p.Value.Until <= now).Select(p => p.Key)];
                foreach (var who in gone)
                {
                    people.Remove(who);
                }

                if (gone.Length > 0 || all)
                {
                    Tell(key);
                }

                if (people.Count == 0)
                {
                    _present.Remove(key);
                }
            }
        }
    }

    private void Tell((AccountId Account, string Topic) key) => hub.Publish(key.Account, key.Topic, Written(key));

    private string Written((AccountId Account, string Topic) key) => JsonSerializer.Serialize(
        new AttendanceView([.. (_present.GetValueOrDefault(key)?.Values ?? Enumerable.Empty<Sign>()).Select(s => new AttendantView(s.Who, s.State, s.Since))]), ApiJson.Options);

    private Instant Now() => Instant.FromDateTimeOffset(time.GetUtcNow());

    private sealed record Sign(Actor Who, AttendanceState State, Instant Since, Instant Until);

    private sealed record Said(Actor Who, AttendanceState State);
}

/// <summary>The value of a topic <c>typing/{conversation}</c>: everybody who is there now.</summary>
public sealed record AttendanceView(IReadOnlyList<AttendantView> People);

/// <param name="Since">Since when the state is this one.</param>
public sealed record AttendantView(Actor Who, AttendanceState State, Instant Since);

[System.Text.Json.Serialization.JsonConverter(typeof(Domain.Json.CamelCaseEnumConverter<AttendanceState>))]
public enum AttendanceState { Viewing, Typing, Gone }
