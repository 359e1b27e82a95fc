using System.Text.Json;

namespace Conversations.Peaks;

internal sealed partial class Simulation
{
    private const string ConversationPrefix = "conversation/", AgentPrefix = "agent/";

    /// <summary>Takes one event of the feed. What was seen before, or concerns others, changes nothing.</summary>
    public void See(Change change)
    {
        if (change.Entity.StartsWith(ConversationPrefix, StringComparison.Ordinal))
        {
            var id = change.Entity[ConversationPrefix.Length..];
            if (change.Type == "conversation.started")
            {
                Recognise(id, change.Data);
            }

            if (byConversation.TryGetValue(id, out var customer) && change.Seq > customer.Seq)
            {
                customer.Seq = change.Seq;
                See(customer, change.Type, change.Data);
            }
        }
        else if (change.Entity.StartsWith(AgentPrefix, StringComparison.Ordinal)
            && byAgent.TryGetValue(change.Entity[AgentPrefix.Length..], out var desk) && change.Seq > desk.Seq)
        {
            desk.Seq = change.Seq;
            See(desk, change.Type, change.Data);
        }
    }

    /// <summary>Whether <see cref="See(Change)"/> would do anything with events of this type.</summary>
    public static bool Minds(string type) => type is
        "conversation.started" or "offer.made" or "offer.ended" or "offer.accepted" or "assignment.changed" or "status.changed" or "wrapUp.started"
        or "presence.declared" or "presence.responding";

    private void Recognise(string id, JsonElement data)
    {
        var address = data.GetProperty("address");
        if (address.GetProperty("channelAccount").GetString()!.StartsWith(Run + "-", StringComparison.Ordinal)
            && byThread.TryGetValue(address.GetProperty("thread").GetString()!, out var customer))
        {
            customer.Conversation = id;
            byConversation.TryAdd(id, customer);
        }
    }

    private void See(Customer customer, string type, JsonElement data)
    {
        switch (type)
        {
            case "offer.made":
                Offered(customer, data);
                break;
            case "offer.ended":
                OfferEnded(customer, data.GetProperty("offer").GetString()!, Agent(data, "agent"));
                break;
            case "offer.accepted":
                OfferEnded(customer, data.GetProperty("offer").GetString()!, null);
                break;
            case "assignment.changed":
                Assigned(customer, Agent(data, "assignee"));
                break;
            case "status.changed" when data.GetProperty("to").GetString() is "closed":
                End(customer);
                break;
            case "wrapUp.started" when customer.Desk is { } desk:
                WrapUp(desk, customer);
                break;
        }
    }

    private void Offered(Customer customer, JsonElement data)
    {
        var offer = data.GetProperty("offer").GetString()!;
        if (customer is { WasOffered: false, FoundSomebodyFree: true } && Counts(customer))
        {
            Meter.ArrivalToOffer.Add((now - customer.SentAt).TotalMilliseconds);
            Meter.FoundFree.Add(customer.Conversation!);
        }

        var isFirst = !customer.WasOffered;
        customer.WasOffered = true;
        Move(customer, Where.Offered);
        foreach (var name in data.GetProperty("agents").EnumerateArray())
        {
            if (!byAgent.TryGetValue(name.GetString()!, out var desk))
            {
                continue;
            }

            // Only who waited already when the slot was given up shows how quickly it was given out again.
            if (desk.FreedAt is { } freed)
            {
                if (isFirst && customer.SentAt < freed)
                {
                    Meter.FreedToOffer.Add((now - freed).TotalMilliseconds);
                }

                desk.FreedAt = null;
            }

            customer.OfferedTo.Add(desk);
            Change(desk, () => desk.Offers[offer] = customer);
            if (desk.Online)
            {
                React(desk, customer, offer);
            }
        }
    }

    /// <param name="only">For whom it ended. Null: for all.</param>
    private void OfferEnded(Customer customer, string offer, Desk? only)
    {
        foreach (var desk in customer.OfferedTo.Where(d => only is null || d == only).ToList())
        {
            customer.OfferedTo.Remove(desk);
            Change(desk, () => desk.Offers.Remove(offer));
        }

        if (customer is { Where: Where.Offered, OfferedTo: [] } && only is not null)
        {
            Move(customer, Where.Waiting);
        }
    }

    private void Assigned(Customer customer, Desk? desk)
    {
        if (customer.Where == Where.Gone)
        {
            return;
        }

        Give(customer, desk);
        Move(customer, desk is null ? customer.Where == Where.Offered ? Where.Offered : Where.Waiting : customer.Where == Where.Wrapping ? Where.Wrapping : Where.Held);
    }

    private void See(Desk desk, string type, JsonElement data)
    {
        switch (type)
        {
            case "presence.declared":
                var routable = data.GetProperty("routable").GetBoolean();
                Change(desk, () => (desk.Routable, desk.Pausing) = (routable, !routable && desk.Pausing));
                if (!routable && data.GetProperty("status").GetString() == "break" && scenario.Breaks is { } breaks)
                {
                    After(scenario.Real(breaks.Length), () => Return(desk));
                }

                break;
            case "presence.responding" when !data.GetProperty("responds").GetBoolean():
                Change(desk, () => desk.Routable = false);
                After(scenario.Real(Notice), () => Return(desk));
                break;
            case "presence.responding":
                Change(desk, () => desk.Routable = true);
                break;
        }
    }

    private void Return(Desk desk)
    {
        if (desk.Online)
        {
            Requests.Enqueue(new Request.Declare(desk, "available", Next: false));
        }
    }

    private Desk? Agent(JsonElement data, string property) =>
        data.TryGetProperty(property, out var name) && name.ValueKind == JsonValueKind.String ? byAgent.GetValueOrDefault(name.GetString()!) : null;

    /// <summary>Came when the queue was no longer empty only because it had just begun.</summary>
    private bool Counts(Customer customer) => Times[customer.Index] >= scenario.WarmUp;

    /// <summary>Takes the gateway's answer to a request.</summary>
    public void Hear(Request request, Answer answer)
    {
        switch (request)
        {
            case Request.Write { Number: 1, Customer: var customer }:
                if (answer.Done)
                {
                    customer.Opened = true;
                    customer.Conversation ??= answer.Conversation;
                    byConversation.TryAdd(customer.Conversation!, customer);
                }
                else
                {
                    Meter.Error(request, answer.Code!);
                    End(customer); // refused: there is no conversation to wait in
                }

                break;
            case Request.Accept { Desk: var desk, Customer: var customer, Offer: var offer }:
                if (answer.Done)
                {
                    Meter.Accepted.Add(new(customer.Conversation!, offer, desk.Name));
                    Begin(desk, customer);
                }
                else if (answer.Code != "offer_gone")
                {
                    Meter.Error(request, answer.Code!);
                }

                break;
            case Request.Reject when answer.Code == "offer_gone":
                break;
            case Request.Leave { Customer: var customer }:
                if (answer.Done)
                {
                    End(customer);
                }
                else if (answer.Code == "version_conflict")
                {
                    After(LookAgain, () => LosePatience(customer));
                }
                else if (!customer.WasAnswered && customer.Where != Where.Gone)
                {
                    Meter.Error(request, answer.Code!);
                }

                break;
            case Request.Close { Customer: var customer, Desk: var desk }:
                if (answer.Done && scenario.WrapUp is null)
                {
                    End(customer);
                }
                else if (!answer.Done && customer.Desk == desk)
                {
                    Meter.Error(request, answer.Code!);
                }

                break;
            case Request.CompleteWrap { Customer: var customer }:
                if (answer.Done)
                {
                    End(customer);
                }
                else if (customer.Where != Where.Gone)
                {
                    Meter.Error(request, answer.Code!);
                }

                break;
            default:
                if (!answer.Done)
                {
                    Meter.Error(request, answer.Code!);
                }

                break;
        }
    }
}
