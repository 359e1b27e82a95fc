using Conversations.Domain;
using Conversations.Domain.Sla;
using Conversations.Engine.Embedded;
using Conversations.Engine.Tests.Hosts;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;
using Xunit;

namespace Conversations.Engine.Tests.Applying;

/// <summary>What an account's changes mean for every open conversation: page by page, each once, wherever it is interrupted.</summary>
public sealed class PromisesTargetTests : IAsyncLifetime
{
    private const int Conversations = 230; // three pages

    private static readonly Actor Root = new(ActorKind.Admin, "root");

    private World _world = null!;
    private EmbeddedEntities _entities = null!;
    private PromisesTarget _target = null!;

    public async ValueTask InitializeAsync()
    {
        _world = await World.Create();
        _entities = _world.Entities();
        _target = new(_entities, _world.Store, _world.Time);
        await Account("calendar", new PutCalendar(new("office"), null, Until(1_020)));
        await Account("policy", Policy(14_400));
        for (var i = 0; i < Conversations; i++)
        {
            var address = World.Address with { Thread = $"visitor-{i}" };
            await _entities.Send(World.Acme, ConversationId.Of(World.Acme, address), new($"m{i}", World.Customer, Receive(address, i), Strict: false), World.Cancel);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _entities.Dispose();
        await _world.DisposeAsync();
    }

    [Fact]
    public async Task Every_open_conversation_takes_todays_policies_once_though_each_page_is_delivered_twice()
    {
        await Account("shorter", Policy(3_600));
        await Account("apply", new ApplyToOpen("run"));

        var pages = await Deliver("promises/apply", twice: true);

        Assert.Equal(3, pages);
        Assert.Equal(1, await Most("sla.policy_changed"));
        Assert.All(await Rows(), row => Assert.Equal((3_600, 2L), (row.FirstResponse!.Target, row.FirstResponse.PolicyVersion)));
        var run = Assert.Single((await _world.Settings.Get(World.Acme, World.Cancel)).Runs!);
        Assert.Equal((Conversations, true), (run.Examined!.Value, run.FinishedAt is not null));
    }

    [Fact]
    public async Task A_calendars_new_version_is_followed_at_once_by_those_that_use_it_and_leaves_no_trace_in_others()
    {
        await Account("longer", new PutCalendar(new("office"), null, Until(1_080)));
        var before = (await Rows()).ToDictionary(r => r.Id, r => r.Seq);
        await Deliver("promises/follow", twice: true);

        Assert.All(await Rows(), row => Assert.Equal((2, before[row.Id] + 1), (row.FirstResponse!.Calendar!.Version, row.Seq)));
        Assert.Equal(1, await Most("sla.calendar_changed"));
    }

    [Fact]
    public async Task A_trial_says_what_would_change_and_changes_nothing()
    {
        await Account("shorter", Policy(3_600));
        var before = await Rows();
        var trial = await new PolicyTrial(_world.Store, _world.Store, _world.Settings, _world.Time, NullLogger<PolicyTrial>.Instance).Run(World.Acme, Root, World.Cancel);

        Assert.Equal((Conversations, true, Conversations), (trial.Examined, trial.Complete, trial.Changes.Count));
        Assert.All(trial.Changes, c => Assert.Empty(c.Breaks));
        Assert.Equal(before.Select(r => r.Seq), (await Rows()).Select(r => r.Seq));

        await Account("apply", new ApplyToOpen("run"));
        await Deliver("promises/apply", twice: false);
        Assert.Equal(trial.Changes.Select(c => (c.Conversation, c.NextDueAfter)).OrderBy(c => c.Conversation.Value), (await Rows()).Select(r => (r.Id, r.NextDue)).OrderBy(r => r.Id.Value));
    }

    /// <param name="twice">As after a crash between a page's work and its progress.</param>
    private async Task<int> Deliver(string target, bool twice)
    {
        var entry = Assert.Single(await _world.Store.ReadOutbox(Instant.MaxValue, 10, World.Cancel), e => e.Message.Target == target);
        for (var pages = 1; ; pages++)
        {
            if (twice)
            {
                await _target.Deliver(entry, () => ValueTask.CompletedTask, World.Cancel);
            }

            switch (await _target.Deliver(entry, () => ValueTask.CompletedTask, World.Cancel))
            {
                case Delivery.Progressed page:
                    entry = entry with { Progress = page.Progress };
                    break;
                case var end:
                    Assert.IsType<Delivery.Done>(end);
                    return pages;
            }
        }
    }

    private async Task<IReadOnlyList<ConversationRow>> Rows()
    {
        var first = await _world.Store.List(new(World.Acme, ConversationOrder.Created, 200), World.Cancel);
        var second = await _world.Store.List(new(World.Acme, ConversationOrder.Created, 200, first.Next), World.Cancel);
        return [.. first.Items, .. second.Items];
    }

    /// <summary>The most events of a type that any conversation has.</summary>
    private async Task<int> Most(string type)
    {
        var most = 0;
        foreach (var row in await Rows())
        {
            var events = await _world.Store.ReadEvents(ConversationType.Key(World.Acme, row.Id), 0, 100, descending: false, World.Cancel);
            most = Math.Max(most, events.Count(e => e.Type == type));
        }

        return most;
    }

    private async Task Account(string id, AccountCommand command) =>
        Assert.IsType<Reply<AccountAnswer>.Done>(await _entities.Send(World.Acme, new Envelope<AccountCommand>(id, Root, command), World.Cancel));

    private static ReceiveMessage Receive(Address address, int i) =>
        new(address, new($"m{i}", Direction.Inbound, Visibility.Private, null, new($"u-{i}"), "hello"));

    private static CalendarDefinition Until(int end)
    {
        Hours[] day = [new(540, end)];
        return new() { Timezone = "Europe/Berlin", Weekly = new(day, day, day, day, day) };
    }

    private static PutPolicy Policy(int seconds) => new(new("all"), new()
    {
        Position = 1,
        Calendar = new CalendarId("office"),
        Targets = new Dictionary<Priority, PolicyTargets> { [Priority.Normal] = new(new(seconds)) },
    });
}
