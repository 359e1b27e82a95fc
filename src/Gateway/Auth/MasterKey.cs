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
    public const string Variable = "CONVERSATIONS_MASTER_KEY";

    private const int Length = 32;
    private readonly byte[] _key;

    public MasterKey(byte[] key) => _key = key.Length == Length
        ? key
        : throw new InvalidOperationException($"The master key has {Length} bytes. Make one with: openssl rand -base64 32");

    /// <param name="isNew">Whether the data folder holds no data yet: only then is a key made.</param>
    /// <exception cref="InvalidOperationException">The key is missing or not one; the message says what to do.</exception>
    public static MasterKey OpenOrCreate(string dataFolder, string? configured, bool isNew)
    {
        if (configured is { Length: > 0 })
        {
            return Parse(configured, Variable);
        }

        var file = Path.Combine(dataFolder, "master.key");
        if (!File.Exists(file))
        {
            if (!isNew)
            {
                throw new InvalidOperationException(
                    $"{file} is missing, and with it the secrets of the channels and the clients' cursors. Restore it from a backup; "
                    + "or, to go on without them, set CONVERSATIONS_MASTER_KEY to a new key and register the channels' secrets again.");
            }

            PrivateFile.Write(file, Convert.ToBase64String(RandomNumberGenerator.GetBytes(Length)));
        }

        return Parse(File.ReadAllText(file), file);
    }

    /// <summary>Of a cluster: every process reads what another one has signed or sealed, so all are given the same key.</summary>
    /// <exception cref="InvalidOperationException">The key is missing or not one; the message says what to do.</exception>
    public static MasterKey Shared(string? configured) => configured is { Length: > 0 }
        ? Parse(configured, Variable)
        : throw new InvalidOperationException(
            $"{Variable} is not set. Every process of a cluster needs the same one; make it once with: openssl rand -base64 32");

    private static MasterKey Parse(string text, string where)
    {
        var bytes = new byte[Length + 1];
        return Convert.TryFromBase64String(text.Trim(), bytes, out var length) && length == Length
            ? new(bytes[..Length])
            : throw new InvalidOperationException($"{where} does not hold {Length} bytes in base64. Make a key with: openssl rand -base64 32");
    }

    public byte[] Derive(string purpose) => HKDF.DeriveKey(HashAlgorithmName.SHA256, _key, Length, info: Encoding.UTF8.GetBytes(purpose));
}

internal static class PrivateFolder
{
    /// <summary>A folder that only its owner can enter (mode 700).</summary>
    public static void Create(string path)
    {
        Directory.CreateDirectory(path);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
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
