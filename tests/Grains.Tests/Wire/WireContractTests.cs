using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Conversations.Domain;
using Conversations.Engine;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Serialization.TypeSystem;
using Xunit;

namespace Conversations.Grains.Tests.Wire;

/// <summary>
/// What silos and gateways of different versions say to each other during a rolling upgrade, frozen: wire.golden.txt holds it.
/// It may grow (<c>UPDATE_GOLDEN=1</c> rewrites the file); a line that changes or goes breaks an upgrade.
/// </summary>
public sealed class WireContractTests
{
    private static readonly Address Address = new("webchat", "acme", "visitor-7");
    private static readonly Actor Ann = new(ActorKind.Agent, "ann");

    private static readonly Dictionary<string, object> Samples = new()
    {
        ["conversation.command"] = new Envelope<ConversationCommand>(
            "k-1", Ann, new ReceiveMessage(Address, new("m-1", Direction.Inbound, Visibility.Private, null, new("u-7"), "¡hola!")), IfMatch: 7, Strict: false, Settings: 3),
        ["conversation.answer"] = new Answered<ConversationAnswer>(
            Outcome.Done, new(new("c1"), 3, 0, 1, ConversationStatus.Open, new("support"), new("ann"), new("c1-3"), 1, 3)),
        ["reference.command"] = new Envelope<ReferenceCommand>("k-2", Actor.System, new LookAgain("webchat/acme/m-1")),
        ["reference.answer"] = new Answered<ReferenceAnswer>(Outcome.Overloaded),
        ["job.command"] = new Envelope<JobCommand>("k-4", Ann, new CancelJob()),
        ["job.answer"] = new Answered<JobAnswer>(Outcome.Done, new(new("j1"), 3, JobStatus.Running, NodaTime.Instant.FromUtc(2026, 11, 21, 21, 0), 2, 1, 0, null)),
        ["agent.command"] = new Envelope<AgentCommand>("k-4", Ann, new Connect("gateway-1")),
        ["agent.answer"] = new Answered<AgentAnswer>(Outcome.Done, new(new("ann"), 3, 2, "available", true, 33, true)),
        ["queue.command"] = new Envelope<QueueCommand>("k-5", Actor.System, new JoinQueue(new("ann"))),
        ["queue.answer"] = new Answered<QueueAnswer>(Outcome.Overloaded),
        ["account.command"] = new Envelope<AccountCommand>("k-3", Ann, new RevokeKey("0123456789ab")),
        ["account.answer"] = new Answered<AccountAnswer>(
            Outcome.Refused, Refusal: new("not_found", "There is no such key.", RefusalKind.NotFound, new Dictionary<string, string> { ["seq"] = "4" })),
    };

    [Fact]
    public void It_is_the_golden_one()
    {
        var file = Path.Combine(Folder(), "wire.golden.txt");
        var now = Describe();
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            File.WriteAllText(file, now);
        }

        Assert.Equal(File.ReadAllText(file), now);
    }

    [Fact]
    public void Every_interface_method_and_grain_has_a_name_that_is_not_its_types()
    {
        Assert.All(Interfaces(), i => Assert.NotNull(i.GetCustomAttribute<AliasAttribute>()));
        Assert.All(Interfaces().SelectMany(i => i.GetMethods()), m => Assert.NotNull(m.GetCustomAttribute<AliasAttribute>()));
        Assert.All(Grains(), g => Assert.NotNull(g.GetCustomAttribute<GrainTypeAttribute>()));
        Assert.Equal(Interfaces().Count(), Interfaces().Select(i => i.GetCustomAttribute<AliasAttribute>()!.Alias).Distinct().Count());
    }

    [Fact]
    public void Every_message_travels_under_its_own_name_and_arrives_as_it_was()
    {
        using var services = Services();
        var serializer = services.GetRequiredService<Serializer>();
        var types = services.GetRequiredService<TypeConverter>();
        foreach (var (name, sample) in Samples)
        {
            var bytes = serializer.SerializeToArray(sample);
            var arrived = serializer.Deserialize<object>(bytes);

            Assert.Equal(sample.GetType(), arrived!.GetType());
            Assert.Equal(Json(sample), Json(arrived));
            Assert.Equal(name, types.Format(sample.GetType()));
            Assert.Equal(sample.GetType(), types.Parse(name));
            var text = Encoding.UTF8.GetString(bytes);
            Assert.Contains(name, text, StringComparison.Ordinal);
            Assert.DoesNotContain("Conversations.", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Inside_a_silo_a_message_is_handed_over_and_not_copied()
    {
        using var services = Services();
        var copier = services.GetRequiredService<DeepCopier>();
        Assert.All(Samples.Values, sample => Assert.Same(sample, copier.Copy(sample)));
    }

    [Fact]
    public void What_a_newer_version_adds_is_passed_over()
    {
        const string Newer = """{"commandId":"k","actor":{"kind":"agent","id":"ann","since":1},"command":{"$type":"revokeKey","id":"x"},"someday":{"y":2}}""";
        var read = JsonSerializer.Deserialize<Envelope<AccountCommand>>(Newer, WireContract.Json);
        Assert.Equal(new("k", Ann, new RevokeKey("x")), read);
    }

    private static string Describe()
    {
        var text = new StringBuilder();
        foreach (var grain in Grains().OrderBy(g => g.Name, StringComparer.Ordinal))
        {
            text.Append("grain ").AppendLine(grain.GetCustomAttribute<GrainTypeAttribute>()!.GetGrainType(null!, grain).ToString());
        }

        foreach (var of in Interfaces().OrderBy(i => i.Name, StringComparer.Ordinal))
        {
            text.Append("interface ").AppendLine(of.GetCustomAttribute<AliasAttribute>()!.Alias);
            foreach (var method in of.GetMethods().OrderBy(m => m.Name, StringComparer.Ordinal))
            {
                text.Append("  ").Append(method.GetCustomAttribute<AliasAttribute>()!.Alias)
                    .Append('(').AppendJoin(", ", method.GetParameters().Select(p => NameOf(p.ParameterType))).Append(") → ")
                    .AppendLine(NameOf(method.ReturnType));
            }
        }

        foreach (var (name, type) in WireContract.Messages.OrderBy(m => m.Key, StringComparer.Ordinal))
        {
            text.Append("message ").AppendLine(name).Append("  ").AppendLine(Json(Samples[name]));
            Assert.Equal(type, Samples[name].GetType());
        }

        return text.Replace("\r\n", "\n").ToString();
    }

    private static string NameOf(Type type) =>
        WireContract.Messages.FirstOrDefault(m => m.Value == type).Key
        ?? (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Task<>) ? NameOf(type.GetGenericArguments()[0]) : type.Name);

    private static string Json(object value) => JsonSerializer.Serialize(value, value.GetType(), WireContract.Json);

    private static IEnumerable<Type> Interfaces() => typeof(WireContract).Assembly.GetTypes().Where(t => t.IsInterface && t.IsAssignableTo(typeof(IGrain)));

    private static IEnumerable<Type> Grains() => typeof(WireContract).Assembly.GetTypes().Where(t => t is { IsClass: true, IsAbstract: false } && t.IsSubclassOf(typeof(Grain)));

    private static ServiceProvider Services()
    {
        var services = new ServiceCollection();
        services.AddWireContract();
        return services.BuildServiceProvider();
    }

    private static string Folder([CallerFilePath] string here = "") => Path.GetDirectoryName(here)!;
}
