using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Serialization.Cloning;

namespace Conversations.Grains;

internal static class WireSetup
{
    /// <summary>The messages of <see cref="WireContract"/> through Orleans' System.Text.Json codec, with the project's own contract.</summary>
    public static void AddWireContract(this IServiceCollection services)
    {
        services.AddSerializer(serializer => serializer.AddJsonSerializer(
            isSerializable: WireContract.Messages.Values.Contains,
            isCopyable: null,
            options => options.Configure(json => json.SerializerOptions = WireContract.Json)));
        services.AddSingleton<ITypeConverter, WireNames>();
        services.AddSingleton<IGeneralizedCopier, PassedAsItIs>();
    }

    /// <summary>Names on the wire, instead of those of the assemblies.</summary>
    private sealed class WireNames : ITypeConverter
    {
        private static readonly Dictionary<Type, string> Names = WireContract.Messages.ToDictionary(m => m.Value, m => m.Key);

        public bool TryFormat(Type type, out string formatted) => Names.TryGetValue(type, out formatted!);

        public bool TryParse(string formatted, out Type type) => WireContract.Messages.TryGetValue(formatted, out type!);
    }

    /// <summary>Inside a silo a message is handed over, not copied: all of it is immutable records.</summary>
    private sealed class PassedAsItIs : IGeneralizedCopier
    {
        public bool IsSupportedType(Type type) => WireContract.Messages.Values.Contains(type);

        [return: NotNullIfNotNull(nameof(input))]
        public object? DeepCopy(object? input, CopyContext context) => input;
    }
}
