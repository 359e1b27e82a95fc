using Xunit;

namespace Conversations.Replaying.Tests;

/// <summary>Real data is never part of the repository: it is in the folder CONVERSATIONS_SHARED names, or in <c>shared</c> beside the repository.</summary>
internal static class SharedData
{
    public static string PathOrSkip(string name)
    {
        var folder = Environment.GetEnvironmentVariable("CONVERSATIONS_SHARED") ?? Path.Combine(Root(), "..", "shared");
        var path = Path.GetFullPath(Path.Combine(folder, "data", name));
        Assert.SkipUnless(File.Exists(path), $"NOT CHECKED on real data: there is no {path}. Set CONVERSATIONS_SHARED to the folder that holds data/{name}.");
        return path;
    }

    private static string Root()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "Directory.Packages.props")))
        {
            at = at.Parent;
        }

        return at?.FullName ?? throw new DirectoryNotFoundException("Tests run from inside the repository.");
    }
}
