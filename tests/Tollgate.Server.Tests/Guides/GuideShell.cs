using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Tollgate.Core.Outbound;
using Tollgate.Server.Tests.Payments.Paymob;
using Tollgate.Testing;
using Tollgate.Testing.Stripe;

namespace Tollgate.Server.Tests.Guides;

/// <summary>
/// A reader's machine: a folder with <c>./tollgate</c>, and a fresh server that keeps its keys in <c>.tollgate</c> there.
/// </summary>
/// <remarks>Stripe and Paymob are doubles. The environment already has the keys that a reader copies from their dashboards.</remarks>
public sealed class GuideShell : IAsyncDisposable
{
    private const string Status = "answered-with";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    private readonly TestFolder _folder = TestFolder.Create();
    private readonly StripeDouble _stripe;
    private readonly PaymobDouble _paymob;
    private TestServer? _server;

    private GuideShell(StripeDouble stripe, PaymobDouble paymob) => (_stripe, _paymob) = (stripe, paymob);

    private string Results => _folder.Combine("results");

    public static async Task<GuideShell> StartAsync(string database)
    {
        var shell = new GuideShell(await StripeDouble.StartAsync(), await PaymobDouble.StartAsync());
        var environment = new Dictionary<string, string>
        {
            ["TOLLGATE_PAYMENT_SECONDS"] = "1",
            ["TOLLGATE_STRIPE_URL"] = shell._stripe.Url.ToString(),
            ["TOLLGATE_PAYMOB_URL"] = shell._paymob.Url,
        };
        shell._server = await TestServer.StartAsync(database, shell._folder.Combine(".tollgate"), environment);
        shell.WriteProgram("tollgate", $"exec dotnet '{ServerProcess.Binary}' \"$@\"");
        Directory.CreateSymbolicLink(shell._folder.Combine("catalogs"), Path.Combine(ServerProcess.Root, "catalogs"));
        Directory.CreateDirectory(shell._folder.Combine("bin"));
        shell.WriteProgram("bin/curl", $"PATH=${{PATH#*:}} exec curl \"$@\" --write-out '%{{stderr}}{Status} %{{http_code}}\\n'");
        return shell;
    }

    /// <summary>Pastes the guides one after the other into one shell.</summary>
    /// <returns>The first fault of each guide that has one.</returns>
    public async Task<IReadOnlyList<string>> PasteAsync(IEnumerable<Guide> guides)
    {
        var pasted = guides.ToList();
        if (Directory.Exists(Results))
        {
            Directory.Delete(Results, recursive: true);
        }

        Directory.CreateDirectory(Results);
        await File.WriteAllTextAsync(_folder.Combine("paste.sh"), Script(pasted));
        await RunAsync();
        return [.. pasted.Select((guide, number) => FaultOf(guide, number)).OfType<string>()];
    }

    public async ValueTask DisposeAsync()
    {
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _paymob.DisposeAsync();
        await _stripe.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>Stops at the first failing command, and names it.</summary>
    private string Script(IReadOnlyList<Guide> guides)
    {
        var script = new StringBuilder(
            $"""
            set -E -o pipefail
            trap 'echo "$BASH_COMMAND (exit code $?)" >>{Results}/$block.failed; exit 1' ERR
            trap 'trap - ERR; kill $(jobs -p) 2>/dev/null' EXIT

            """);
        for (var number = 0; number < guides.Count; number++)
        {
            foreach (var block in guides[number].Blocks)
            {
                if (block.FileName is { } name)
                {
                    script.Append(CultureInfo.InvariantCulture, $"cat >{name} <<'END OF {name}'\n{block.Text}END OF {name}\n");
                }
                else if (block is { IsShell: true, NeedsWorld: false })
                {
                    script.Append(
                        CultureInfo.InvariantCulture,
                        $"block={number}.{block.Line}; exec >{Results}/$block.out 2>{Results}/$block.err\n{block.Text}\n");
                }
            }
        }

        return script.ToString();
    }

    private async Task RunAsync()
    {
        var start = new ProcessStartInfo("bash", ["paste.sh"]) { WorkingDirectory = _folder.Path, RedirectStandardInput = true };
        foreach (var name in start.Environment.Keys.Where(static name => name.StartsWith("TOLLGATE_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        start.Environment["PATH"] = $"{_folder.Combine("bin")}:{start.Environment["PATH"]}";
        start.Environment["OPENAI_API_KEY"] = "sk-test";
        start.Environment["STRIPE_SECRET_KEY"] = StripeDouble.SecretKey;
        start.Environment["STRIPE_WEBHOOK_SECRET"] = StripeDouble.WebhookSecret;
        foreach (var (name, value) in PaymobDouble.Credentials)
        {
            start.Environment["PAYMOB_" + name.ToUpperInvariant()] = value!.GetValue<string>();
        }

        using var bash = Process.Start(start)!;
        bash.StandardInput.Close();
        try
        {
            await bash.WaitForExitAsync().WaitAsync(Limit);
        }
        catch (TimeoutException)
        {
            bash.Kill(entireProcessTree: true);
        }
    }

    private string? FaultOf(Guide guide, int number)
    {
        for (var i = 0; i < guide.Blocks.Count; i++)
        {
            if (guide.Blocks[i] is { IsShell: true, NeedsWorld: false } block)
            {
                var shown = guide.Blocks.ElementAtOrDefault(i + 1) is { IsOutput: true } next ? next : null;
                if (FaultOf($"{number}.{block.Line}", shown) is { } fault)
                {
                    return $"{guide.Path}:{block.Line}: {fault}";
                }
            }
        }

        return null;
    }

    private string? FaultOf(string block, GuideBlock? shown)
    {
        string output = Read(block, "out"), errors = Read(block, "err");
        var statuses = Regex.Matches(errors, $@"(?m)^{Status} (\d+)$").Select(static match => match.Groups[1].Value).ToList();
        var refused = statuses.Find(status => status is not ['2' or '3', ..]
            && shown?.Text.Contains($"\"status\": {status}", StringComparison.Ordinal) != true);
        var printed = $"\n{output}{Regex.Replace(errors, $"^{Status}.*\n", "", RegexOptions.Multiline)}";
        if (Read(block, "failed") is { Length: > 0 } failed)
        {
            return $"this command failed: {failed}{printed}";
        }

        if (!File.Exists(Path.Combine(Results, block + ".out")))
        {
            return "the shell did not come to this block.";
        }

        return refused is not null
            ? $"a request was answered {refused}, and the guide does not show it.{printed}"
            : shown is null ? null : ShownOutput.Difference(shown.Text, output, shown.Language == "json");
    }

    private string Read(string block, string kind) =>
        Path.Combine(Results, $"{block}.{kind}") is var path && File.Exists(path) ? File.ReadAllText(path) : "";

    private void WriteProgram(string name, string line)
    {
        File.WriteAllText(_folder.Combine(name), $"#!/usr/bin/env bash\n{line}\n");
        File.SetUnixFileMode(_folder.Combine(name), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
