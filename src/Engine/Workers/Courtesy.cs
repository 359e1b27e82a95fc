using System.Diagnostics;

namespace Conversations.Engine;

/// <summary>
/// How long to rest between two rounds of work that can wait, so that those who cannot wait hardly notice: longer as soon as their
/// commands take more than twice what they took in quiet times, shorter when they do not, and not at all when nobody is there.
/// </summary>
/// <remarks>
/// A fixed pace is right on one machine only. With 10,000 due in one second beside 200 messages a second, on two cores that others
/// kept busy, eight ticks at once without a rest made messages take five times as long as in quiet times (p50 25 against 3.5 ms).
/// </remarks>
internal sealed class Courtesy
{
    /// <summary>Milliseconds. Shorter than the least is none; it begins with the first, for a burst hits all at once.</summary>
    private const double Least = 1, First = 5, Longest = 50;

    /// <summary>Commands over which quiet times are averaged, and those over which the present is.</summary>
    private const double Long = 200, Short = 20;

    private const double TooSlow = 1.75, SlowEnough = 1.35;

    private static readonly TimeSpan Alone = TimeSpan.FromMilliseconds(250);

    private long _seen = Foreground.Answered;
    private long _lastSeen;
    private double _quiet, _now, _rest;

    /// <summary>Nothing is piled up: what commands take now is what they take in quiet times.</summary>
    public void Quiet()
    {
        var (count, took) = Foreground.Since(ref _seen);
        if (count > 0)
        {
            _quiet = _quiet == 0 ? took : _quiet + ((took - _quiet) * Math.Min(1, count / Long));
        }

        (_now, _rest) = (_quiet, First);
    }

    /// <summary>After a round of work.</summary>
    public TimeSpan Rest()
    {
        var (count, took) = Foreground.Since(ref _seen);
        if (count == 0)
        {
            return Stopwatch.GetElapsedTime(_lastSeen) > Alone || _rest < Least ? TimeSpan.Zero : TimeSpan.FromMilliseconds(_rest);
        }

        _lastSeen = Stopwatch.GetTimestamp();
        _now += (took - _now) * Math.Min(1, count / Short);
        _rest = _quiet == 0 ? Longest / 2 // it began in the middle of it: nobody knows what quiet is
            : _now > TooSlow * _quiet ? Math.Min(Longest, Math.Max(First, _rest * 1.5))
            : _now < SlowEnough * _quiet ? _rest * 0.8
            : _rest;
        return _rest < Least ? TimeSpan.Zero : TimeSpan.FromMilliseconds(_rest);
    }
}
