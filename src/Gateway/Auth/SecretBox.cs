using System.Security.Cryptography;
using System.Text;
using Conversations.Channels;
using Conversations.Domain;

namespace Conversations.Gateway.Auth;

/// <summary>Keeps channel secrets encrypted in the journal (AES-256-GCM, bound to account and channel account).</summary>
public sealed class SecretBox(MasterKey master) : ISecretOpener
{
    private const int NonceLength = 12, TagLength = 16;
    private readonly byte[] _key = master.Derive("channel-secrets");

    public string Protect(AccountId account, string channelKey, string plain)
    {
        var text = Encoding.UTF8.GetBytes(plain);
        var box = new byte[NonceLength + TagLength + text.Length];
        var (nonce, tag, cipher) = Parts(box);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(_key, TagLength);
        aes.Encrypt(nonce, text, cipher, tag, Bound(account, channelKey));
        return Convert.ToBase64String(box);
    }

    public ChannelSecrets Open(AccountId account, ChannelSettings channel) => new(
        channel.ChannelAccount,
        (channel.Secrets ?? new Dictionary<string, string>()).ToDictionary(s => s.Key, s => Open(account, channel.Key, s.Value)),
        channel.Options ?? new Dictionary<string, string>());

    private string Open(AccountId account, string channelKey, string boxed)
    {
        var box = Convert.FromBase64String(boxed);
        var (nonce, tag, cipher) = Parts(box);
        var text = new byte[cipher.Length];
        using var aes = new AesGcm(_key, TagLength);
        aes.Decrypt(nonce, cipher, tag, text, Bound(account, channelKey));
        return Encoding.UTF8.GetString(text);
    }

    private static BoxParts Parts(byte[] box) => new(box.AsSpan(0, NonceLength), box.AsSpan(NonceLength, TagLength), box.AsSpan(NonceLength + TagLength));

    private static byte[] Bound(AccountId account, string channelKey) => Encoding.UTF8.GetBytes($"{account}/{channelKey}");

    private readonly ref struct BoxParts(Span<byte> nonce, Span<byte> tag, Span<byte> cipher)
    {
        private readonly Span<byte> _nonce = nonce, _tag = tag, _cipher = cipher;

        public void Deconstruct(out Span<byte> nonce, out Span<byte> tag, out Span<byte> cipher) => (nonce, tag, cipher) = (_nonce, _tag, _cipher);
    }
}
