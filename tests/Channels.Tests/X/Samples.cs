using Xunit;

namespace Conversations.Channels.Tests.X;

/// <summary>Recorded webhooks are kept beside the repository, not in it; where they are absent the tests say so and are skipped.</summary>
internal static class Samples
{
    private const string Variable = "CONVERSATIONS_SHARED";

    public static string Folder(string channel)
    {
        var shared = Beside() ?? Environment.GetEnvironmentVariable(Variable);
        var folder = shared is null ? null : Path.Combine(shared, "webhooks", channel);
        Assert.SkipUnless(
            Directory.Exists(folder),
            $"NOT TESTED: no recorded webhooks for '{channel}'. Put them at ../shared/webhooks/{channel} beside the repository, or name their folder in {Variable}.");
        return folder!;
    }

    public static byte[] Read(string channel, string file) => File.ReadAllBytes(Path.Combine(Folder(channel), file));

    private static string? Beside()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (Path.Exists(Path.Combine(folder.FullName, ".git")) || File.Exists(Path.Combine(folder.FullName, "Conversations.sln")))
            {
                var shared = Path.Combine(folder.FullName, "..", "shared");
                return Directory.Exists(shared) ? shared : null;
            }
        }

        return null;
    }
}
