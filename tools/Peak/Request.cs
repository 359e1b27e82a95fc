using System.Text.Json;

namespace Conversations.Peaks;

/// <summary>Something the simulated people do at the gateway.</summary>
internal abstract record Request
{
    private Request()
    {
    }

    /// <param name="Number">From 1; the first opens the conversation.</param>
    internal sealed record Write(Customer Customer, int Number) : Request;

    internal sealed record Accept(Desk Desk, Customer Customer, string Offer) : Request;

    internal sealed record Reject(Desk Desk, Customer Customer, string Offer) : Request;

    internal sealed record Say(Desk Desk, Customer Customer, int Number) : Request;

    internal sealed record Close(Desk Desk, Customer Customer) : Request;

    internal sealed record CompleteWrap(Desk Desk, Customer Customer) : Request;

    /// <summary>The customer leaves without an answer.</summary>
    internal sealed record Leave(Customer Customer) : Request;

    /// <param name="Next">Enter <paramref name="Status"/> only when nothing is left.</param>
    internal sealed record Declare(Desk Desk, string Status, bool Next) : Request;

    internal sealed record Heartbeat(Desk Desk) : Request;

    /// <summary>Whose conversation it is about: people do one thing after the other in it. Null: none.</summary>
    public Customer? About => this switch
    {
        Write r => r.Customer,
        Accept r => r.Customer,
        Reject r => r.Customer,
        Say r => r.Customer,
        Close r => r.Customer,
        CompleteWrap r => r.Customer,
        Leave r => r.Customer,
        _ => null,
    };

    /// <summary>What it is called in counts of errors.</summary>
    public string Name => GetType().Name.ToLowerInvariant();
}

/// <summary>What the gateway said to a request.</summary>
/// <param name="Code">Of the problem; null: it was done.</param>
/// <param name="Conversation">The id of the conversation written to.</param>
internal readonly record struct Answer(string? Code, string? Conversation = null)
{
    public bool Done => Code is null;
}

/// <summary>One event of the feed.</summary>
internal readonly record struct Change(string Entity, long Seq, string Type, DateTimeOffset At, JsonElement Data);
