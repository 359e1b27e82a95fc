using System.Reflection;
using System.Runtime.InteropServices;
using NodaTime;

namespace Conversations.Engine;

/// <summary>What a process says of itself.</summary>
public sealed class ThisProcess(string role, Vitals vitals)
{
    private static int _made;

    /// <summary>Machine and process. Of several in one process, as in tests, the others have a number more.</summary>
    public string Name { get; } = $"{Environment.MachineName}/{Environment.ProcessId}" + (Interlocked.Increment(ref _made) is > 1 and var n ? $"#{n}" : "");

    public Node Look() => new(
        Name, role, Version, RuntimeInformation.FrameworkDescription, Instant.FromDateTimeOffset(vitals.Began), Environment.WorkingSet,
        vitals.Rate("conversations.commands"), vitals.Rate("conversations.commands", "refused"), vitals.Rate("conversations.commands", "overloaded"),
        vitals.Of("conversations.commit.duration"), vitals.Of("conversations.deadline.lateness"), vitals.Of("conversations.feed.lag"), vitals.Of("conversations.outbox.age"));

    private static string Version { get; } =
        typeof(ThisProcess).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
