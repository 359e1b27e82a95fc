namespace Conversations.Peaks;

internal sealed partial class Simulation
{
    private void ArriveNext()
    {
        if (Arrived < Customers.Count)
        {
            After(scenario.Real(Times[Arrived]) - now, Arrive);
        }
    }

    private void Arrive()
    {
        var customer = Customers[Arrived++];
        var line = customer.Line;
        (customer.SentAt, customer.FoundSomebodyFree) = (now, line.Free > line.Unoffered);
        Move(customer, Where.Waiting);
        Requests.Enqueue(new Request.Write(customer, ++customer.Written));
        if (customer.Patience is { } patience)
        {
            After(patience, () => LosePatience(customer));
        }

        ArriveNext();
    }

    private void LosePatience(Customer customer)
    {
        if (customer.WasAnswered || customer.Where is not (Where.Waiting or Where.Offered))
        {
            return;
        }

        if (customer.Conversation is null)
        {
            After(LookAgain, () => LosePatience(customer)); // not even its first message is answered yet
            return;
        }

        Requests.Enqueue(new Request.Leave(customer));
    }

    /// <summary>What the feed or an answer says about where a customer is now.</summary>
    private void Move(Customer customer, Where to)
    {
        if (customer.Where == Where.Gone)
        {
            return;
        }

        customer.Line.Unoffered += (to == Where.Waiting ? 1 : 0) - (customer.Where == Where.Waiting ? 1 : 0);
        customer.Where = to;
        Over += to == Where.Gone ? 1 : 0;
    }

    /// <summary>It is this desk's from now on, or nobody's.</summary>
    private void Give(Customer customer, Desk? to)
    {
        if (customer.Desk == to)
        {
            return;
        }

        if (customer.Desk is { } before)
        {
            Change(before, () => before.Held.Remove(customer));
        }

        (customer.Desk, customer.FinishAt) = (to, null);
        customer.Turn++;
        if (to is not null)
        {
            Change(to, () => to.Held.Add(customer));
        }
    }

    private void End(Customer customer)
    {
        Give(customer, null);
        Move(customer, Where.Gone);
    }
}
