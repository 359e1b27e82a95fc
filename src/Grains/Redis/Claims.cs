using Conversations.Domain;
using Conversations.Engine;
using StackExchange.Redis;

namespace Conversations.Grains.Redis;

/// <summary>
/// Command ids are unique in the account while entities lie in partitions, so each id is claimed in a partition of its own
/// before, or with, the commit that uses it. This is the long way: for a cluster, and for ids somebody else has claimed.
/// </summary>
internal sealed class Claims(RedisLink link, Keys keys, TimeProvider time)
{
    /// <summary>
    /// What a claim without a receipt is given before it is taken over: its commit is usually on its way, a millisecond behind.
    /// Taking over at once would make two deliveries of one message chase each other.
    /// </summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(50);

    private const int Tries = 8;

    /// <summary>Takes an id for an entity, or finds what another entity answered under it.</summary>
    /// <param name="above">The claim must be newer than this epoch: the entity's own older one was fenced.</param>
    /// <exception cref="TimeoutException">Others take it away again and again. Nothing was applied.</exception>
    public async Task<Claimed> Take(EntityText entity, string id, long above)
    {
        var partition = keys.PartitionOfId(entity.Account, id);
        var key = keys.Claim(partition, entity.Account, id);
        var believed = "";
        Claim wanted = new(above + 1, entity.Local);
        Claim? waitedFor = null;
        for (var tries = 0; tries < Tries; tries++)
        {
            var answer = await link.Write(Script.Claim, [key], [believed, wanted.ToString()]);
            if (answer.IsNull)
            {
                return new Claimed.Own(wanted);
            }

            believed = (string)answer!;
            var held = Claim.Parse(believed);
            if (held.Entity == entity.Local)
            {
                if (held.Epoch > above)
                {
                    return new Claimed.Own(held);
                }

                wanted = wanted with { Epoch = above + 1 };
                continue;
            }

            if (waitedFor != held)
            {
                if (await Receipt(entity.Account, held, id) is { } applied)
                {
                    return new Claimed.Others(applied);
                }

                waitedFor = held;
                await Task.Delay(Grace * (1 + Random.Shared.NextDouble()), time);
            }

            if (await Fence(entity.Account, held, id) is { } late)
            {
                return new Claimed.Others(late);
            }

            wanted = wanted with { Epoch = Math.Max(held.Epoch, above) + 1 };
        }

        throw new TimeoutException($"The command id {id} is claimed by others again and again.");
    }

    private async Task<StoredReceipt?> Receipt(string account, Claim held, string id) => StoredForm.ReceiptOf(
        EntityText.ParseLocal(AccountId.Of(Uri.UnescapeDataString(account)), held.Entity),
        await link.Commits.HashGetAsync(keys.Of(new EntityText(account, held.Entity)).Receipts, id, CommandFlags.DemandMaster));

    /// <returns>The receipt, or null: then nothing can be applied under that claim any more.</returns>
    private async Task<StoredReceipt?> Fence(string account, Claim held, string id) => StoredForm.ReceiptOf(
        EntityText.ParseLocal(AccountId.Of(Uri.UnescapeDataString(account)), held.Entity),
        (byte[]?)await link.Write(Script.Fence, [keys.Of(new EntityText(account, held.Entity)).Receipts], [id, held.Epoch]));
}

internal abstract record Claimed
{
    private Claimed() { }

    public sealed record Own(Claim Claim) : Claimed;

    public sealed record Others(StoredReceipt Receipt) : Claimed;
}
