using Xunit;

namespace Conversations.Domain.Tests;

public sealed class ArchitectureTests
{
    [Fact]
    public void The_domain_references_nothing_but_the_base_class_library_and_NodaTime() =>
        Assert.All(typeof(Conversation).Assembly.GetReferencedAssemblies(), reference =>
            Assert.True(reference.Name is "NodaTime" || reference.Name!.StartsWith("System.", StringComparison.Ordinal), reference.Name));
}
