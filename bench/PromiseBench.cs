using System.Diagnostics;
using System.Globalization;
using Conversations.Domain;
using Conversations.Domain.Sla;
using Conversations.Engine;
using NodaTime;

namespace Conversations.Bench;

/// <summary>(f) What promises cost: a due time far away in a calendar full of exceptions, and the clocks of a long conversation.</summary>
internal static class PromiseBench
{
    /// <summary>sla.md 9, I11: a year with 500 holidays in less than a millisecond.</summary>
    private const double Bar = 1_000;

    /// <summary>Ours: a conversation of 1,000 messages, with some 500 clocks, is read back in a tenth of a second.</summary>
    private const double ReplayBar = 5_000;

    private const int Messages = 1_000;

    private static readonly Instant Start = Instant.FromUtc(2026, 1, 5, 8, 0);

    public static Task Run(bool quick)
    {
        Due(quick ? 2_000 : 20_000);
        Replay(quick ? 5 : 30);
        return Task.CompletedTask;
    }

    private static void Due(int times)
    {
        Console.WriteLine("(f) A due time one year ahead; 500 holidays, Europe/Berlin, lunch breaks");
        var calendar = BusinessCalendar.Compile(Office() with { Holidays = [.. Enumerable.Range(0, 500).Select(i => new LocalDate(2025, 6, 1).PlusDays(2 * i))] });
        var plain = BusinessCalendar.Compile(Office());
        Pause[] pauses = [.. Enumerable.Range(0, 10).Select(i => new Pause(Start + Duration.FromDays(10 * i), Start + Duration.FromDays((10 * i) + 3)))];
        var full = Micros(times, () => calendar.Due(Start, 130 * 25_200, []));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"    µs: {full.Text("F1")}; with 10 pauses {Micros(times, () => calendar.Due(Start, 110 * 25_200, pauses)).Text("F1")}; without holidays {Micros(times, () => plain.Due(Start, 260 * 25_200, [])).Text("F1")}; 4 h ahead {Micros(times, () => calendar.Due(Start, 14_400, [])).Text("F1")}"));
        Bars.AtMost("µs for a due time a year ahead", full.Median, Bar);
    }

    private static Spread Micros(int times, Func<Instant?> due)
    {
        var took = new double[times];
        for (var i = -1_000; i < times; i++)
        {
            var started = Stopwatch.GetTimestamp();
            _ = due() ?? throw new InvalidOperationException("It is not due at all.");
            if (i >= 0)
            {
                took[i] = Stopwatch.GetElapsedTime(started).TotalMicroseconds;
            }
        }

        return Spread.Of(took);
    }

    /// <summary>Customer and agent in turn, all three promises in business time.</summary>
    private static void Replay(int rounds)
    {
        Console.WriteLine($"    The clocks of a conversation of {Messages:N0} messages, business time, three promises");
        var type = new ConversationType();
        var key = ConversationType.Key(AccountId.Default, ConversationId.Of(AccountId.Default, Address));
        List<double> deciding = [], replaying = [];
        var clocks = 0;
        for (var round = -2; round < rounds; round++)
        {
            List<Recorded<ConversationEvent>> history = [];
            var state = type.Empty(key);
            var started = Stopwatch.GetTimestamp();
            for (var i = 0; i < Messages; i++)
            {
                var envelope = i % 2 == 0 ? Talk.Receive(Address, $"m-{i}") : Talk.Answer($"a-{i}");
                var context = new Context(Start + Duration.FromMinutes(7 * i), envelope.Actor, Settings);
                foreach (var e in ((Decision<ConversationEvent>.Accepted)type.Decide(state, envelope.Command, context)).Events)
                {
                    var recorded = new Recorded<ConversationEvent>(type.SeqOf(state) + 1, context.Now, envelope.Actor, envelope.CommandId, e);
                    history.Add(recorded);
                    state = type.Evolve(state, recorded);
                }
            }

            var decided = Stopwatch.GetElapsedTime(started).TotalSeconds;
            started = Stopwatch.GetTimestamp();
            _ = history.Aggregate(type.Empty(key), type.Evolve);
            var replayed = Stopwatch.GetElapsedTime(started).TotalSeconds;
            if (round >= 0)
            {
                clocks = history.Sum(h => h.Event.Sla?.Clocks?.Count ?? (h.Event as SlaChanged)?.Clocks?.Count ?? 0);
                deciding.Add(clocks / decided);
                replaying.Add(clocks / replayed);
            }
        }

        Console.WriteLine($"    {clocks:N0} clocks; a second: {Spread.Of(deciding).Text()} while deciding, {Spread.Of(replaying).Text()} on replaying its events");
        Bars.AtLeast("clocks a second on replaying", Spread.Of(replaying).Median, ReplayBar);
    }

    private static readonly Address Address = Talk.Thread("long");

    private static CalendarDefinition Office()
    {
        Hours[] day = [new(540, 720), new(780, 1_020)];
        return new() { Timezone = "Europe/Berlin", Weekly = new(day, day, day, day, day) };
    }

    private static readonly AccountSettings Settings = Configured();

    private static AccountSettings Configured()
    {
        var state = AccountSettings.Empty(AccountId.Default);
        AccountCommand[] commands =
        [
            new PutChannel(new(LiveEngine.Channel, LiveEngine.ChannelAccount, Queue: new QueueId("support"))),
            new PutCalendar(new("office"), "Office", Office()),
            new PutPolicy(new("all"), new()
            {
                Position = 1,
                Calendar = new CalendarId("office"),
                Targets = new Dictionary<Priority, PolicyTargets> { [Priority.Normal] = new(new(3_600), new(3_600), new(86_400)) },
                Warnings = [new(Fraction: 0.8)],
            }),
        ];
        foreach (var command in commands)
        {
            foreach (var e in ((Decision<AccountEvent>.Accepted)Account.Decide(state, command, new(Start, Actor.System, state))).Events)
            {
                state = Account.Evolve(state, new(state.Version + 1, Start, Actor.System, "bench", e));
            }
        }

        return state;
    }
}
