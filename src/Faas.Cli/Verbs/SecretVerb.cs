using System.CommandLine;
using Faas.Cli.CommandLine;
using Faas.Cli.Output;
using Faas.Cli.Secrets;

namespace Faas.Cli.Verbs;

/// <summary><c>faas secret</c>: what manifests name instead of holding it.</summary>
internal static class SecretVerb
{
    private static readonly Argument<string> Name = SecretArgument.Create();

    /// <summary>Where somebody would write the value, and is told why not.</summary>
    private static readonly Argument<string[]> Value = new("VALUE") { Hidden = true, Arity = ArgumentArity.ZeroOrMore };

    private static readonly Option<string?> FromFile = new("--from-file") { HelpName = "FILE", Description = "Read the value from a file, every byte of it; - for stdin" };

    private static readonly Option<bool> Force = new("--force") { Description = "Also when a trigger names it" };

    public static Command Create() => new Verb(
        "secret", "Set, list and delete secrets, which manifests name as ${NAME}",
        "faas secret set GITHUB_SECRET", "faas secret list", "faas secret delete GITHUB_SECRET")
    {
        CreateSet(), CreateList(), CreateDelete(),
    };

    private static Verb CreateSet()
    {
        var verb = new Verb(
            "set", "Make a secret, or give it another value: from a file, from stdin, or typed unseen. Triggers that name it are started again",
            "faas secret set GITHUB_SECRET",
            "openssl rand -hex 32 | faas secret set GITHUB_SECRET",
            "faas secret set TLS_KEY --from-file key.pem")
        {
            Name, Value, FromFile,
        };
        verb.Does(async (context, ct) =>
        {
            if (context.Value(Value) is { Length: > 0 } || context.Value(Name)!.Contains('=', StringComparison.Ordinal))   // it is required
            {
                throw new CliException(
                    ExitCode.Usage, "A secret's value is not written on the command line, where the shell's history and other users would see it. Type it when asked, pipe it in, or give --from-file FILE.");
            }

            var name = SecretArgument.NameOf(context.Value(Name)!);
            var value = await SecretInput.ReadAsync(name, context.Value(FromFile), ct);
            using var client = context.Connect();
            await client.Secrets.SetAsync(name, value, ct);
            Print(context, name, "set");
            return ExitCode.Ok;
        });
        return verb;
    }

    private static Verb CreateList()
    {
        var verb = new Verb("list", "List secrets: names and when they were set, never values", "faas secret list", "faas secret list --output json | jq -r '.[].name'");
        verb.Aliases.Add("ls");
        verb.Does(ListAsync);
        return verb;
    }

    private static Verb CreateDelete()
    {
        var verb = new Verb("delete", "Delete a secret that no trigger names any more", "faas secret delete GITHUB_SECRET", "faas secret delete GITHUB_SECRET --force") { Name, Force };
        verb.Aliases.Add("rm");
        verb.Does(async (context, ct) =>
        {
            var name = SecretArgument.NameOf(context.Value(Name)!);
            using var client = context.Connect();
            await client.Secrets.DeleteAsync(name, context.Value(Force), ct);
            Print(context, name, "deleted");
            return ExitCode.Ok;
        });
        return verb;
    }

    private static async Task<ExitCode> ListAsync(VerbContext context, CancellationToken cancellationToken)
    {
        using var client = context.Connect();
        var secrets = await client.Secrets.ListAsync(cancellationToken);
        if (context.WantsJson)
        {
            Json.Print(secrets);
            return ExitCode.Ok;
        }

        if (secrets.Count == 0)
        {
            Terminal.Note("No secrets. `faas secret set NAME` makes one; manifests name it as ${NAME}.");
            return ExitCode.Ok;
        }

        var table = new TextTable("name", "set at", "problem") { Elastic = "problem" };
        foreach (var secret in secrets)
        {
            table.Add(secret.Name, Text.Time(secret.UpdatedAt), Text.FirstLine(secret.Problem));
        }

        table.Print(context.Terminal);
        return ExitCode.Ok;
    }

    private static void Print(VerbContext context, string name, string done)
    {
        if (context.WantsJson)
        {
            Json.Print<IReadOnlyList<string>>([name]);
        }
        else
        {
            Terminal.Line($"{name} {done}");
        }
    }
}
