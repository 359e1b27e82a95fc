using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;

namespace Conversations.Engine;

/// <summary>
/// What this process's instruments said in the last minute, for a person who looks and has no metrics store at hand. Times in
/// seconds.
/// </summary>
public sealed class Vitals : IHostedService, IDisposable
{
    private const int Slots = 6;

    /// <summary>How far back it looks.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly MeterListener _listener = new();
    private readonly Lock _gate = new();
    private readonly Slot[] _slots = [.. Enumerable.Range(0, Slots).Select(_ => new Slot())];
    private readonly TimeProvider _time;
    private readonly long _began;

    public Vitals(TimeProvider time)
    {
        (_time, _began, Began) = (time, time.GetTimestamp(), time.GetUtcNow());
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == Instruments.MeterName)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Count(instrument.Name, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Count(instrument.Name, value, tags));
    }

    /// <summary>When this process began to work.</summary>
    public DateTimeOffset Began { get; }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _listener.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>How the values of a histogram were spread.</summary>
    public Vital Of(string instrument)
    {
        lock (_gate)
        {
            return Recent().SelectMany(s => s.Tallies).Where(t => t.Key.Instrument == instrument).Select(t => t.Value)
                .Aggregate(new Tally(), (all, one) => all.With(one)).ToVital();
        }
    }

    /// <summary>How much a counter rose in a second.</summary>
    /// <param name="outcome">The value of its tag <c>outcome</c>; null: all.</param>
    public double Rate(string instrument, string? outcome = null)
    {
        lock (_gate)
        {
            var sum = Recent().SelectMany(s => s.Tallies)
                .Where(t => t.Key.Instrument == instrument && (outcome is null || t.Key.Outcome == outcome)).Sum(t => t.Value.Sum);
            return sum / Math.Clamp(_time.GetElapsedTime(_began).TotalSeconds, 1, Window.TotalSeconds);
        }
    }

    public void Dispose() => _listener.Dispose();

    private void Count(string instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string? outcome = null;
        foreach (var tag in tags)
        {
            outcome = tag.Key == "outcome" ? tag.Value as string : outcome;
        }

        lock (_gate)
        {
            var at = Number();
            var slot = _slots[at % Slots];
            if (slot.Number != at)
            {
                slot.Number = at;
                slot.Tallies.Clear();
            }

            if (!slot.Tallies.TryGetValue((instrument, outcome), out var tally))
            {
                slot.Tallies.Add((instrument, outcome), tally = new());
            }

            tally.Add(value);
        }
    }

    private IEnumerable<Slot> Recent()
    {
        var now = Number();
        return _slots.Where(s => s.Number > now - Slots && s.Number <= now);
    }

    private long Number() => (long)(_time.GetElapsedTime(_began) / (Window / Slots));

    private sealed class Slot
    {
        public long Number { get; set; } = -Slots;

        public Dictionary<(string Instrument, string? Outcome), Tally> Tallies { get; } = [];
    }

    /// <summary>Counted in bins a fifth wide, from 0.1 ms on: a quantile is at most so much too high.</summary>
    private sealed class Tally
    {
        private const double Smallest = 0.0001, Wide = 1.2;
        private readonly int[] _bins = new int[128];

        public double Sum { get; private set; }

        private double Largest { get; set; }

        private int Values { get; set; }

        public void Add(double value)
        {
            Sum += value;
            Values++;
            Largest = Math.Max(Largest, value);
            _bins[Math.Clamp((int)Math.Ceiling(Math.Log(Math.Max(value, Smallest) / Smallest, Wide)), 0, _bins.Length - 1)]++;
        }

        public Tally With(Tally other)
        {
            for (var i = 0; i < _bins.Length; i++)
            {
                _bins[i] += other._bins[i];
            }

            (Sum, Values, Largest) = (Sum + other.Sum, Values + other.Values, Math.Max(Largest, other.Largest));
            return this;
        }

        public Vital ToVital() => Values == 0 ? new(0, null, null, null) : new(Values, Quantile(0.5), Quantile(0.99), Largest);

        private double Quantile(double part)
        {
            var left = part * Values;
            for (var i = 0; i < _bins.Length; i++)
            {
                if ((left -= _bins[i]) <= 0)
                {
                    return Math.Min(Largest, Smallest * Math.Pow(Wide, i));
                }
            }

            return Largest;
        }
    }
}

/// <summary>Seconds; null when nothing was counted.</summary>
public sealed record Vital(long Count, double? P50, double? P99, double? Max);
