using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Conversations.Domain;
using Conversations.Engine;
using Conversations.Gateway.Auth;

namespace Conversations.Gateway.Feed;

/// <summary>
/// Feed positions as clients keep them: opaque, signed, and good for one account only (realtime.md 3). Any gateway with the
/// same master key reads them.
/// </summary>
internal sealed class Cursors(MasterKey master)
{
    private const int SignatureLength = 12;

    /// <summary>Characters; a thousand partitions with offsets in the billions fit.</summary>
    private const int Longest = 20_000;

    private readonly byte[] _key = master.Derive("feed-cursors");

    public string Write(AccountId account, FeedPosition position)
    {
        var text = Encoding.UTF8.GetBytes($"{string.Join(',', position.Offsets)}|{position.Epoch}");
        return Base64Url.EncodeToString([.. Sign(account, text), .. text]);
    }

    public bool TryRead(AccountId account, string cursor, [NotNullWhen(true)] out FeedPosition? position)
    {
        position = null;
        if (cursor.Length > Longest || !Base64Url.IsValid(cursor))
        {
            return false;
        }

        var bytes = Base64Url.DecodeFromChars(cursor);
        if (bytes.Length <= SignatureLength
            || !CryptographicOperations.FixedTimeEquals(bytes.AsSpan(0, SignatureLength), Sign(account, bytes.AsSpan(SignatureLength))))
        {
            return false;
        }

        var parts = Encoding.UTF8.GetString(bytes.AsSpan(SignatureLength)).Split('|', 2);
        position = new(parts[1], [.. parts[0].Split(',').Select(offset => long.Parse(offset, CultureInfo.InvariantCulture))]);
        return true;
    }

    private byte[] Sign(AccountId account, ReadOnlySpan<byte> text)
    {
        var name = Encoding.UTF8.GetBytes(account.Value);
        Span<byte> signed = [.. name, 0, .. text];
        return HMACSHA256.HashData(_key, signed)[..SignatureLength];
    }
}
