namespace Conversations.Domain.Tests.Staffing;

/// <summary>
/// First come first served at N slots, customer by customer: an oracle that knows nothing of Erlang. With one line and one
/// kind of slot, whoever comes is served when the slot that is free first is free, or is gone by then.
/// </summary>
internal sealed record QueueSimulation(int Customers, int Answered, int AnsweredInTime, int LeftLater, double AnsweredWait, double Busy, double Seconds)
{
    public double ServiceLevel => (double)AnsweredInTime / (Answered + LeftLater);
    public double Abandoned => 1 - ((double)Answered / Customers);
    public double Asa => AnsweredWait / Answered;

    /// <param name="patience">Null: for ever.</param>
    public static QueueSimulation Run(double perHour, double handle, int slots, double? patience, double within, double briefly, int customers, int seed)
    {
        var random = new Random(seed);
        double Exponential(double mean) => -mean * Math.Log(1 - random.NextDouble());
        var free = new PriorityQueue<int, double>(Enumerable.Range(0, slots).Select(slot => (slot, 0.0)));
        var (now, waits, busy) = (0.0, 0.0, 0.0);
        var (answered, inTime, leftLater) = (0, 0, 0);
        for (var customer = 0; customer < customers; customer++)
        {
            now += Exponential(3_600 / perHour);
            free.TryPeek(out var slot, out var freeAt);
            var wait = Math.Max(0, freeAt - now);
            if (patience is { } mean && Exponential(mean) is var stays && stays < wait)
            {
                leftLater += stays > briefly ? 1 : 0;
                continue;
            }

            var took = Exponential(handle);
            free.DequeueEnqueue(slot, now + wait + took);
            (answered, inTime, waits, busy) = (answered + 1, inTime + (wait <= within ? 1 : 0), waits + wait, busy + took);
        }

        return new(customers, answered, inTime, leftLater, waits, busy / slots, now);
    }

    public double Occupancy => Busy / Seconds;
}
