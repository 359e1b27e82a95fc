namespace Conversations.Domain;

/// <summary>Refusals more than one decider gives. Codes are part of the public API.</summary>
public static class Refusals
{
    public static Refusal NotFound(string what) => new("not_found", $"There is no such {what}.", RefusalKind.NotFound);

    public static Refusal UnknownChannelAccount(string channel, string channelAccount) => new(
        "unknown_channel_account",
        $"No account '{channelAccount}' of channel '{channel}' is registered. Register it with PUT /v1/channels/{channel}/{channelAccount}.",
        RefusalKind.NotFound);

    public static Refusal VersionConflict(long current) => new(
        "version_conflict",
        $"The version has moved on to {current}. Look at what changed and try again.",
        RefusalKind.Precondition,
        new Dictionary<string, string> { ["seq"] = current.ToString(System.Globalization.CultureInfo.InvariantCulture) });

    public static Refusal UnknownCommand(object command) =>
        new("unknown_command", $"'{command.GetType().Name}' is not understood by this version.", RefusalKind.Invalid);
}
