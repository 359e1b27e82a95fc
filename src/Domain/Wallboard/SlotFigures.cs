using NodaTime;

namespace Conversations.Domain;

/// <summary>What happened in one queue in five minutes: sums and histograms, so that slots, queues and partitions add up.</summary>
/// <param name="Offered">Entries into the queue.</param>
/// <param name="Requeued">Of these, the ones that came from an agent or another queue.</param>
/// <param name="Answered">Taken by, or replied to by, a person.</param>
/// <param name="InTime">Of these, within the service level's time.</param>
/// <param name="Abandoned">Over before anybody had answered, and later than a short abandon.</param>
/// <param name="LateOut">Passed on to another queue after the service level's time.</param>
/// <param name="Closed">Episodes that ended.</param>
/// <param name="Waits">Of the answered, since they began to wait for a person.</param>
/// <param name="FirstResponses">From the first customer message to the first reply by a person, by the wall clock.</param>
/// <param name="FirstResponsesInHours">The same in the hours of the promise (sla.md), where there was one.</param>
/// <param name="Offers">What became of offers to agents.</param>
public sealed record SlotFigures(
    int Offered = 0, int Requeued = 0, int Answered = 0, int InTime = 0, int Abandoned = 0, int LateOut = 0, int Closed = 0,
    Histogram? Waits = null, Histogram? FirstResponses = null, Histogram? FirstResponsesInHours = null, OfferCounts? Offers = null)
{
    public static readonly Duration Length = Duration.FromMinutes(5);

    public static readonly SlotFigures None = new();

    /// <summary>The slot an instant lies in.</summary>
    public static Instant Of(Instant at) => Instant.FromUnixTimeSeconds(at.ToUnixTimeSeconds() / 300 * 300);

    public SlotFigures Plus(SlotFigures other) => new(
        Offered + other.Offered, Requeued + other.Requeued, Answered + other.Answered, InTime + other.InTime, Abandoned + other.Abandoned,
        LateOut + other.LateOut, Closed + other.Closed, Sum(Waits, other.Waits), Sum(FirstResponses, other.FirstResponses),
        Sum(FirstResponsesInHours, other.FirstResponsesInHours), Offers is null ? other.Offers : other.Offers is null ? Offers : Offers.Plus(other.Offers));

    internal static Histogram? Sum(Histogram? a, Histogram? b) => a is null ? b : b is null ? a : a.Plus(b);
}

/// <summary>Offers made to agents, and how they ended; an offer to several agents counts for each.</summary>
/// <param name="Taken">Of the accepted, from the offer to the accept.</param>
public sealed record OfferCounts(int Made = 0, int Accepted = 0, int Rejected = 0, int Expired = 0, int Rescinded = 0, int Canceled = 0, Histogram? Taken = null)
{
    public OfferCounts Plus(OfferCounts other) => new(
        Made + other.Made, Accepted + other.Accepted, Rejected + other.Rejected, Expired + other.Expired, Rescinded + other.Rescinded, Canceled + other.Canceled,
        SlotFigures.Sum(Taken, other.Taken));
}

/// <summary>The times the service level is counted by.</summary>
public static class ServiceLevel
{
    /// <summary>Answered within this counts as in time: a minute where people wait on the line, else the hour they expect (reports.md 2).</summary>
    public static Duration Threshold(bool live) => live ? Duration.FromMinutes(1) : Duration.FromHours(1);

    /// <summary>Who leaves sooner has not abandoned: 5 s where people wait on the line; elsewhere nobody leaves in passing (reports.md 1).</summary>
    public static Duration ShortAbandon(bool live) => live ? Duration.FromSeconds(5) : Duration.Zero;
}
