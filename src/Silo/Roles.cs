namespace Conversations.Silo;

internal enum Role
{
    /// <summary>Entities and workers; no API.</summary>
    Silo,

    /// <summary>The API, over the silos.</summary>
    Gateway,

    /// <summary>Both in one process.</summary>
    Both,
}

internal static class Roles
{
    private const string Variable = "CONVERSATIONS_ROLE";

    /// <summary><c>--role silo|gateway|both</c>, else <c>CONVERSATIONS_ROLE</c>, else both.</summary>
    public static Role Of(string[] args)
    {
        var configured = new ConfigurationBuilder().AddEnvironmentVariables().AddCommandLine(args).Build();
        return (configured["role"] ?? configured[Variable])?.ToLowerInvariant() switch
        {
            null or "" or "both" => Role.Both,
            "silo" => Role.Silo,
            "gateway" => Role.Gateway,
            var other => throw new InvalidOperationException($"There is no role '{other}'. Choose silo, gateway or both: with --role, or with {Variable}."),
        };
    }
}
