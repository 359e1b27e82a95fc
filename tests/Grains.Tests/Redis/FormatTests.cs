using System.Text;
using Conversations.Domain;
using Conversations.Engine;
using Conversations.Grains.Redis;
using Xunit;

namespace Conversations.Grains.Tests.Redis;

/// <summary>What lies in Redis must still be found and read by every later version.</summary>
public sealed class FormatTests(OneRedis redis)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("default", "conversation", "c0123456789abcdef0123456789abcdef", 64, 27)]
    [InlineData("acme", "account", "acme", 64, 11)]
    [InlineData("a/b", "reference", "r/1", 8, 5)]
    public void An_entity_stays_in_its_partition_for_ever(string account, string kind, string id, int partitions, int expected) =>
        Assert.Equal(expected, new Keys("conversations", partitions).PartitionOf(EntityText.Of(new(AccountId.Of(account), kind, id))));

    [Theory]
    [InlineData("acme", "conversation", "c1")]
    [InlineData("a/b", "conversation", "c1")]
    [InlineData("a%2Fb", "conversation", "c/1/2")]
    [InlineData("", "reference", "")]
    [InlineData("ü {x} y", "account", "{17}")]
    public void An_entity_is_read_back_from_its_text(string account, string kind, string id)
    {
        EntityKey key = new(AccountId.Of(account), kind, id);

        Assert.Equal(key, EntityText.Parse(EntityText.Of(key).Text));
    }

    [Fact]
    public void A_stored_event_has_the_form_it_always_had()
    {
        var stored = StoredForm.Of(new(3, "labels.changed", Some.Noon, Some.Ann, "cause", Encoding.UTF8.GetBytes("{}"), "queue/a"));

        // Form, milliseconds since 1970, then each text after its length + 1, then the JSON.
        Assert.Equal(
            "01" + "0046FAFDA1010000" + "0F" + Hex("labels.changed") + "16" + Hex("agent/ann/of the desk") + "06" + Hex("cause") + "08" + Hex("queue/a") + Hex("{}"),
            Convert.ToHexString(stored));
        Assert.Equal(Some.Noon, StoredForm.Event(3, stored).At);
    }

    [Fact]
    public void Texts_of_every_length_are_read_back()
    {
        foreach (var length in new[] { 0, 1, 126, 127, 128, 16_382, 16_383, 16_384, 70_000 })
        {
            var text = new string('é', length);
            var back = StoredForm.Event(1, StoredForm.Of(new(1, text, Some.Noon, new(ActorKind.Agent, text), text, ReadOnlyMemory<byte>.Empty, text)));
            Assert.Equal((text, text, text, text), (back.Type, back.Actor.Id, back.Cause, back.Topics));
        }
    }

    [Fact]
    public async Task Accounts_and_ids_of_any_characters_keep_apart()
    {
        await using var store = await Journals.Open(Journals.New(redis.Configuration));
        (string Account, string Id)[] odd = [("a", "b/c"), ("a/b", "c"), ("a/conversation", "b"), ("a%2Fb", "c"), ("{1}", "{2}"), ("last", "x"), ("1", "1")];
        foreach (var (account, id) in odd)
        {
            var commit = Some.Commit(Some.Conversation(AccountId.Of(account), id), command: "same/id", nextDue: Some.At(1), outbox: [Some.Message("m", "a/b")],
                view: Some.Row(id, AccountId.Of(account)) with { Queue = new("q/{x}") });
            Assert.IsType<CommitOutcome.Committed>(await store.Commit(commit, Cancel));
        }

        foreach (var (account, id) in odd)
        {
            var of = AccountId.Of(account);
            Assert.Equal(new(of, "conversation", id), (await store.FindReceipt(of, "same/id", Cancel))!.Entity);
            Assert.Equal(id, Assert.Single((await store.List(new(of, Queue: new("q/{x}")), Cancel)).Items).Id.Value);
            Assert.Equal(id, Assert.Single(await store.Read(null, of, 10, Cancel)).Entity.Id);
        }

        Assert.Equal(odd.Length, (await store.Whole.ReadDue(Some.At(1), 100, Cancel)).Select(d => d.Entity).Distinct().Count());
        var messages = await store.Whole.ReadOutbox(Some.Noon, 100, Cancel);
        Assert.Equal(odd.Select(o => o.Account).Order(), messages.Select(m => m.Account.Value).Order());
        foreach (var message in messages)
        {
            await store.Whole.Bury(message.Id, Some.At(1), "no", Cancel);
        }

        foreach (var (account, _) in odd)
        {
            var letter = Assert.Single(await store.Whole.ReadDeadLetters(AccountId.Of(account), null, 10, Cancel));
            Assert.InRange(letter.Id, 1, (1L << 53) - 1); // a browser's numbers
            Assert.True(await store.Whole.Replay(AccountId.Of(account), letter.Id, Some.At(2), Cancel));
        }

        Assert.Equal(odd.Length, (await store.Whole.ReadOutbox(Some.At(2), 100, Cancel)).Count);
        Assert.False(await store.Whole.Replay(Some.Acme, long.MaxValue, Some.Noon, Cancel));
        Assert.False(await store.Whole.Discard(Some.Acme, -1, Cancel));
    }

    private static string Hex(string text) => Convert.ToHexString(Encoding.UTF8.GetBytes(text));
}
