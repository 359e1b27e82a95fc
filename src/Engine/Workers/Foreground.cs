using System.Diagnostics;

namespace Conversations.Engine;

/// <summary>
/// How long the commands of customers, agents and their tools take in this process: what work that can wait paces itself by. A hint
/// and nothing more: nothing is decided by it, and a measurement lost to a race is no harm.
/// </summary>
internal static class Foreground
{
    private const int Kept = 256;

    private static readonly long[] Took = new long[Kept];
    private static long _answered;

    /// <summary>Commands answered since the process started.</summary>
    public static long Answered => Volatile.Read(ref _answered);

    /// <param name="since">When it was taken up (<see cref="Stopwatch.GetTimestamp"/>).</param>
    public static void Measured(long since)
    {
        var place = Interlocked.Increment(ref _answered) - 1;
        Volatile.Write(ref Took[place % Kept], Stopwatch.GetTimestamp() - since);
    }

    /// <summary>The mean of the commands answered since <paramref name="seen"/>, of the newest if there were many.</summary>
    /// <returns>How many were answered, and how long they took in milliseconds.</returns>
    public static (int Count, double Milliseconds) Since(ref long seen)
    {
        var (to, sum) = (Answered, 0L);
        var count = (int)Math.Min(Kept, to - seen);
        for (var i = to - count; i < to; i++)
        {
            sum += Volatile.Read(ref Took[i % Kept]);
        }

        seen = to;
        return (count, count == 0 ? 0 : sum * 1_000.0 / Stopwatch.Frequency / count);
    }
}
