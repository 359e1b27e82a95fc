using System.Text.Json;

namespace Conversations.Clusters;

/// <summary>What one cluster on this machine consists of; a file, so that every command finds what an earlier one started.</summary>
/// <param name="AdminKey">The first admin key, for whoever tries it.</param>
/// <param name="MasterKey">Shared by all gateways: signs cursors, seals channel secrets.</param>
internal sealed record ClusterState(string Id, string AdminKey, string MasterKey, IReadOnlyList<Node> Nodes)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public IEnumerable<Node> Of(NodeKind kind) => Nodes.Where(n => n.Kind == kind);

    public ClusterState With(Node node) => this with { Nodes = [.. Nodes.Where(n => n.Name != node.Name), node] };

    public ClusterState Without(string name) => this with { Nodes = [.. Nodes.Where(n => n.Name != name)] };

    public static string FileIn(string folder) => Path.Combine(folder, "cluster.json");

    public static ClusterState? Read(string folder) =>
        File.Exists(FileIn(folder)) ? JsonSerializer.Deserialize<ClusterState>(File.ReadAllText(FileIn(folder)), Json) : null;

    /// <summary>Whole or not at all; readable by its owner only, because it holds keys.</summary>
    public void Write(string folder)
    {
        var next = FileIn(folder) + ".next";
        File.WriteAllText(next, JsonSerializer.Serialize(this, Json));
        File.SetUnixFileMode(next, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.Move(next, FileIn(folder), overwrite: true);
    }
}
