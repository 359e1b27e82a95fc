using System.Security.Cryptography;
using System.Text;
using Conversations.Channels;
using Conversations.Domain;

namespace Conversations.Gateway.Auth;

/// <summary>Keeps channel secrets encrypted in the journal (AES-256-GCM, bound to account and channel account).</summary>
/// <remarks>
/// The nonce is derived from the text, so that a retried request is the same command again and can be told from another one
/// under the same Idempotency-Key. All it shows is that a channel account was given the same secret twice.
/// </remarks>
public sealed class SecretBox(MasterKey master) : ISecretOpener
{
    private const int NonceLength = 12, TagLength = 16;
    private readonly byte[] _key = master.Derive("channel-secrets");
    private readonly byte[] _nonceKey = master.Derive("channel-secret-nonces");

    public string Protect(AccountId account, string channelKey, string plain)
    {
        var text = Encoding.UTF8.GetBytes(plain);
        var box = new byte[NonceLength + TagLength + text.Length];
        var nonce = box.AsSpan(0, NonceLength);
        HMACSHA256.HashData(_nonceKey, (byte[])[.. Bound(account, channelKey), 0, .. text]).AsSpan(0, NonceLength).CopyTo(nonce);
        using var aes = new AesGcm(_key, TagLength);
        aes.Encrypt(nonce, text, box.AsSpan(NonceLength + TagLength), box.AsSpan(NonceLength, TagLength), Bound(account, channelKey));
        return Convert.ToBase64String(box);
    }

    public ChannelSecrets Open(AccountId account, ChannelSettings channel) => new(
        channel.ChannelAccount,
        (channel.Secrets ?? new Dictionary<string, string>()).ToDictionary(s => s.Key, s => Open(account, channel.Key, s.Value)),
        channel.Options ?? new Dictionary<string, string>());

    private string Open(AccountId account, string channelKey, string boxed)
    {
        var box = Convert.FromBase64String(boxed).AsSpan(); // nonce, tag, cipher
        var cipher = box[(NonceLength + TagLength)..];
        var text = new byte[cipher.Length];
        using var aes = new AesGcm(_key, TagLength);
        aes.Decrypt(box[..NonceLength], cipher, box.Slice(NonceLength, TagLength), text, Bound(account, channelKey));
        return Encoding.UTF8.GetString(text);
    }

    private static byte[] Bound(AccountId account, string channelKey) => Encoding.UTF8.GetBytes($"{account}/{channelKey}");
}
