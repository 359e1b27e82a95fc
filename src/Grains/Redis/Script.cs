using System.Security.Cryptography;
using System.Text;

namespace Conversations.Grains.Redis;

/// <summary>A Lua script, from the file of that name beside the code that calls it.</summary>
internal sealed class Script
{
    public static readonly Script
        Open = new("open"), Trial = new("trial"), Commit = new("commit"), Claim = new("claim"), Fence = new("fence"), SaveSnapshot = new("snapshot"),
        Feed = new("feed"), Position = new("position"), List = new("list"),
        Outbox = new("outbox"), ReadOutbox = new("outbox-read"), Letters = new("letters"), Lease = new("lease"),
        Project = new("projection"), Rows = new("rows");

    private Script(string name)
    {
        Name = name;
        using var file = typeof(Script).Assembly.GetManifestResourceStream($"{name}.lua")
            ?? throw new InvalidOperationException($"The script {name}.lua is not in the assembly.");
        using var reader = new StreamReader(file);
        Text = reader.ReadToEnd();
#pragma warning disable CA5350 // The name Redis knows a script by; no secret depends on it.
        Hash = SHA1.HashData(Encoding.UTF8.GetBytes(Text));
#pragma warning restore CA5350
    }

    public string Name { get; }

    public string Text { get; }

    /// <summary>What EVALSHA calls it by.</summary>
    public byte[] Hash { get; }
}
