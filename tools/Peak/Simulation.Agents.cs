namespace Conversations.Peaks;

internal sealed partial class Simulation
{
    /// <summary>After an agent was found not to respond, until they notice.</summary>
    private static readonly TimeSpan Notice = TimeSpan.FromSeconds(30);

    private void Beat(Desk desk, TimeSpan wait) => After(wait, () =>
    {
        if (desk.Online && !IsOver)
        {
            Requests.Enqueue(new Request.Heartbeat(desk));
            Beat(desk, Scenario.Heartbeat);
        }
    });

    private void React(Desk desk, Customer customer, string offer)
    {
        var chance = random.NextDouble();
        if (chance < scenario.Ignore)
        {
            return;
        }

        After(scenario.Real(scenario.Reaction.Draw(random)), () =>
        {
            if (desk.Online && desk.Offers.ContainsKey(offer))
            {
                Requests.Enqueue(chance < scenario.Ignore + scenario.Reject
                    ? new Request.Reject(desk, customer, offer)
                    : new Request.Accept(desk, customer, offer));
            }
        });
    }

    /// <summary>The gateway says the conversation is the agent's: answer, talk, close.</summary>
    private void Begin(Desk desk, Customer customer)
    {
        if (customer.Where == Where.Gone || !desk.Online)
        {
            return; // taken in the moment the tools died: it waits for them, or for the gateway to give it to others
        }

        Give(customer, desk);
        Move(customer, Where.Held);
        if (customer.FinishAt is null)
        {
            Work(desk, customer);
        }
    }

    private void Work(Desk desk, Customer customer)
    {
        customer.WasAnswered = true;
        customer.FinishAt = now + customer.Handle;
        var turn = customer.Turn;
        Requests.Enqueue(new Request.Say(desk, customer, 1));
        for (var number = 2; number <= scenario.Exchanges; number++)
        {
            var next = number;
            After(customer.Handle * ((next - 1.0) / scenario.Exchanges), () => InTurn(desk, customer, turn, () =>
            {
                Requests.Enqueue(new Request.Write(customer, ++customer.Written));
                Requests.Enqueue(new Request.Say(desk, customer, next));
            }));
        }

        After(customer.Handle, () => InTurn(desk, customer, turn, () => Finish(desk, customer)));
    }

    /// <summary>Only if it is still this agent's, and the tools still work.</summary>
    private static void InTurn(Desk desk, Customer customer, int turn, Action action)
    {
        if (desk.Online && customer.Desk == desk && customer.Turn == turn && customer.Where == Where.Held)
        {
            action();
        }
    }

    private void Finish(Desk desk, Customer customer)
    {
        if (scenario.WrapUp is null)
        {
            MarkFreed(desk);
        }

        Requests.Enqueue(new Request.Close(desk, customer));
    }

    private void MarkFreed(Desk desk) => desk.FreedAt = desk.Routable && !desk.Pausing && desk.Line.Unoffered > 0 ? now : null;

    private void WrapUp(Desk desk, Customer customer)
    {
        if (customer.Where == Where.Gone || customer.Desk != desk)
        {
            return;
        }

        Move(customer, Where.Wrapping);
        After(scenario.Real(scenario.WrapUp!.Draw(random)), () =>
        {
            if (desk.Online && customer.Desk == desk && customer.Where == Where.Wrapping)
            {
                MarkFreed(desk);
                Requests.Enqueue(new Request.CompleteWrap(desk, customer));
            }
        });
    }

    private void PlanBreak(Desk desk, double phase)
    {
        if (scenario.Breaks is not { } breaks)
        {
            return;
        }

        After(scenario.Real(breaks.Every * phase), () =>
        {
            if (IsOver)
            {
                return;
            }

            if (desk is { Online: true, Routable: true })
            {
                Change(desk, () => desk.Pausing = true);
                Requests.Enqueue(new Request.Declare(desk, "break", Next: true));
            }

            PlanBreak(desk, 1);
        });
    }

    private void PlanDisconnect()
    {
        if (scenario.Disconnect is not { } disconnect)
        {
            return;
        }

        After(scenario.Real(disconnect.At), () =>
        {
            var those = Desks.OrderBy(_ => random.Next()).Take((int)Math.Round(Desks.Count * disconnect.Share)).ToList();
            foreach (var desk in those)
            {
                Change(desk, () => (desk.Online, desk.FreedAt) = (false, null));
            }

            if (disconnect.For is { } length)
            {
                After(scenario.Real(length), () => those.ForEach(Reconnect));
            }
        });
    }

    /// <summary>The tools are back: life again, and on with what is still the agent's.</summary>
    private void Reconnect(Desk desk)
    {
        Change(desk, () => desk.Online = true);
        Requests.Enqueue(new Request.Heartbeat(desk));
        Beat(desk, Scenario.Heartbeat);
        foreach (var customer in desk.Held.ToList())
        {
            if (customer.Where == Where.Wrapping)
            {
                WrapUp(desk, customer);
            }
            else if (customer.FinishAt is not { } end)
            {
                Begin(desk, customer);
            }
            else
            {
                var turn = ++customer.Turn;
                After(end > now ? end - now : TimeSpan.Zero, () => InTurn(desk, customer, turn, () => Finish(desk, customer)));
            }
        }

        foreach (var (offer, customer) in desk.Offers.ToList())
        {
            React(desk, customer, offer);
        }
    }
}
