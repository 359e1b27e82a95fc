using Conversations.Engine.Sqlite;

namespace Conversations.Testing;

/// <summary>A new folder for one test's data file, removed with it.</summary>
internal sealed class DataFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("conversations-");

    public string Database => Path.Combine(_folder.FullName, "data", "conversations.db");

    /// <summary>Without flushes: a test's process does not lose power, and a flush costs milliseconds.</summary>
    public SqliteOptions Options(int maxBatch = SqliteOptions.DefaultMaxBatch, int maxQueued = SqliteOptions.DefaultMaxQueued) =>
        new() { Path = Database, Synchronous = SqliteSynchronous.Off, MaxBatch = maxBatch, MaxQueued = maxQueued };

    public void Dispose() => _folder.Delete(recursive: true);
}
