using Faas.Contracts.Functions;
using Faas.Controller.Functions;

namespace Faas.Controller.Tests;

public sealed class RevisionIdTests
{
    private static readonly FunctionSpec Spec = new() { Name = "hello", Runtime = Runtimes.Python, CodeDigest = new string('a', 64) };

    [Fact]
    public void The_same_code_and_configuration_is_the_same_revision() => Assert.Equal(RevisionId.Of(Spec), RevisionId.Of(Spec with { }));

    [Fact]
    public void The_order_of_environment_variables_does_not_matter()
    {
        var one = Spec with { Env = new Dictionary<string, string> { ["A"] = "1", ["B"] = "2" } };
        var two = Spec with { Env = new Dictionary<string, string> { ["B"] = "2", ["A"] = "1" } };
        Assert.Equal(RevisionId.Of(one), RevisionId.Of(two));
    }

    [Fact]
    public void Every_change_is_a_new_revision()
    {
        var ids = new HashSet<string>
        {
            RevisionId.Of(Spec),
            RevisionId.Of(Spec with { CodeDigest = new string('b', 64) }),
            RevisionId.Of(Spec with { MemoryMiB = 512 }),
            RevisionId.Of(Spec with { Timeout = TimeSpan.FromSeconds(1) }),
            RevisionId.Of(Spec with { Env = new Dictionary<string, string> { ["A"] = "1" } }),
            RevisionId.Of(Spec with { Network = NetworkKind.None }),
        };
        Assert.Equal(6, ids.Count);
    }

    [Fact]
    public void A_revision_is_named_after_its_function() => Assert.StartsWith("hello-", RevisionId.Of(Spec), StringComparison.Ordinal);
}
