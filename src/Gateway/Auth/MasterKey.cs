using System.Security.Cryptography;
using System.Text;

namespace Conversations.Gateway.Auth;

/// <summary>
/// The one secret of an installation, from which every other key is derived (HKDF-SHA256): for cursors, for secrets at rest,
/// for API keys. Taken from <c>CONVERSATIONS_MASTER_KEY</c> (base64, 32 bytes; the same on every gateway) or kept in the
/// data folder, readable by its owner only.
/// </summary>
public sealed class MasterKey
{
    private const int Length = 32;
    private readonly byte[] _key;

    public MasterKey(byte[] key) => _key = key.Length == Length
        ? key
        : throw new InvalidOperationException($"The master key has {Length} bytes. Make one with: openssl rand -base64 32");

    public static MasterKey OpenOrCreate(string dataFolder, string? configured)
    {
        if (configured is { Length: > 0 })
        {
            return new(Convert.FromBase64String(configured));
        }

        var file = Path.Combine(dataFolder, "master.key");
        if (!File.Exists(file))
        {
            PrivateFile.Write(file, Convert.ToBase64String(RandomNumberGenerator.GetBytes(Length)));
        }

        return new(Convert.FromBase64String(File.ReadAllText(file).Trim()));
    }

    public byte[] Derive(string purpose) => HKDF.DeriveKey(HashAlgorithmName.SHA256, _key, Length, info: Encoding.UTF8.GetBytes(purpose));
}

internal static class PrivateFile
{
    /// <summary>Writes a new file that only its owner can read (mode 600), durably and never half.</summary>
    public static void Write(string path, string text)
    {
        var half = path + ".new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var stream = new FileStream(half, options))
        {
            stream.Write(Encoding.UTF8.GetBytes(text));
            stream.Flush(flushToDisk: true);
        }

        File.Move(half, path, overwrite: true);
    }
}
