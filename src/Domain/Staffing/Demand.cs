using NodaTime;

namespace Conversations.Domain.Staffing;

/// <summary>Work as it comes: conversations by the hour, and how long each keeps one slot.</summary>
/// <param name="PerHour">Arrivals an hour.</param>
/// <param name="Handle">Mean time from being accepted until the slot is free again, wrap-up included.</param>
public sealed record Demand(double PerHour, Duration Handle)
{
    /// <summary>Offered load: slots that would be busy on average if there were enough.</summary>
    public double Erlangs => PerHour * Handle.TotalHours;

    /// <summary>The same in an interval of any length.</summary>
    public static Demand In(Duration interval, double arrivals, Duration handle) => new(arrivals / interval.TotalHours, handle);
}

/// <summary>
/// Erlang's loss formula, on which both waiting models stand. A slot is one conversation at a time; an agent who may have
/// three has three slots.
/// </summary>
internal static class Erlang
{
    /// <summary>
    /// The share of arrivals that would find all slots busy if none could wait. By recurrence over the slots, in which every
    /// value lies between 0 and 1: no factorial, no power, at any load. 1,400 steps for 1,200 erlangs.
    /// </summary>
    public static double Blocked(double erlangs, int slots)
    {
        var blocked = 1.0;
        for (var n = 1; n <= slots; n++)
        {
            blocked = erlangs * blocked / (n + (erlangs * blocked));
        }

        return blocked;
    }

    /// <summary>The least number of slots that is enough; what is enough once must stay so with more.</summary>
    public static int Least(Func<int, bool> enough)
    {
        var (few, many) = (0, 1);
        while (!enough(many))
        {
            (few, many) = (many, checked(many * 2));
        }

        while (many - few > 1)
        {
            var middle = few + ((many - few) / 2);
            (few, many) = enough(middle) ? (few, middle) : (middle, many);
        }

        return many;
    }
}
