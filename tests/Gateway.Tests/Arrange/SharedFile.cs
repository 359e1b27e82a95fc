namespace Conversations.Gateway.Tests;

/// <summary>Vectors of others are never part of the repository: they are in the folder CONVERSATIONS_SHARED names, or in <c>shared</c> beside the repository.</summary>
internal static class SharedFile
{
    public static string Path(string name) =>
        System.IO.Path.GetFullPath(System.IO.Path.Combine(Environment.GetEnvironmentVariable("CONVERSATIONS_SHARED") ?? System.IO.Path.Combine(Root(), "..", "shared"), name));

    public static string OrSkip(string name)
    {
        var path = Path(name);
        Assert.SkipUnless(File.Exists(path), $"NOT CHECKED: there is no {path}. Set CONVERSATIONS_SHARED to the folder that holds {name}.");
        return path;
    }

    private static string Root()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(System.IO.Path.Combine(at.FullName, "Directory.Packages.props")))
        {
            at = at.Parent;
        }

        return at?.FullName ?? throw new DirectoryNotFoundException("Tests run from inside the repository.");
    }
}
