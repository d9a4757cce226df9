using System.ClientModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OpenAI;
using OpenAI.Chat;
using Tollgate.Core.Llm;

namespace Tollgate.Server.Tests.Gateway;

/// <summary>
/// Providers' official clients with only the address and the key changed: the key is a customer token. The upstream sends the providers'
/// recorded answers.
/// </summary>
public sealed class OfficialClientTests(SharedGatewayHost host) : IClassFixture<SharedGatewayHost>
{
    private static string Sample(string name) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Samples", name));

    private async Task<string> TokenAsync(string customer)
    {
        var (_, issued) = await host.Project.PostAsync($"/v1/customers/{customer}/tokens", "{}");
        return issued.GetProperty("token").GetString()!;
    }

    private ChatClient OpenAi(string token) => new("gpt-4o-mini", new ApiKeyCredential(token), new OpenAIClientOptions
    {
        Endpoint = new Uri(host.Project.Http.BaseAddress!, "/gateway/openai/v1"),
    });

    /// <summary>Answers as OpenAI does: a stream contains usage only on request.</summary>
    private void AnswersAsOpenAi() => host.Upstream.Answer = async (context, seen) =>
    {
        var isStream = seen.Text.Contains("\"stream\":true", StringComparison.Ordinal);
        var asks = seen.Text.Contains("\"include_usage\":true", StringComparison.Ordinal);
        context.Response.ContentType = isStream ? "text/event-stream" : "application/json";
        await context.Response.WriteAsync(
            Sample(!isStream ? "openai-chat.json" : asks ? "openai-chat-stream-include-usage.sse" : "openai-chat-stream-no-usage.sse"));
    };

    [Fact]
    public async Task The_OpenAI_client_of_dotnet_calls_and_streams()
    {
        AnswersAsOpenAi();
        var client = OpenAi(await TokenAsync("dotnet"));
        ChatCompletion answer = await client.CompleteChatAsync(
            [new UserChatMessage("Say hello.")], new() { MaxOutputTokenCount = 200 }, TestContext.Current.CancellationToken);
        (answer.Content[0].Text, answer.Usage.OutputTokenCount).ShouldBe(("Hello! How can I help?", 46));

        var text = new StringBuilder();
        await foreach (var update in client.CompleteChatStreamingAsync(
            [new UserChatMessage("Say hello.")], new() { MaxOutputTokenCount = 200 }, TestContext.Current.CancellationToken))
        {
            foreach (var part in update.ContentUpdate)
            {
                text.Append(part.Text);
            }
        }

        text.ToString().ShouldBe("Hello");

        // 93 × $0.15 + 1,024 cached × $0.075 + 46 × $0.6, each for a million.
        // The client reads no further than the stream's last event, and the server records the call after it.
        await UntilAsync(async () => (await host.RecordedAsync("dotnet")).Count == 2);
        var calls = await host.RecordedAsync("dotnet");
        calls[1].GetProperty("cost_usd").GetString().ShouldBe("0.00011835");
        calls[0].GetProperty("estimated").GetBoolean().ShouldBeFalse();
    }

    [Fact]
    public async Task The_OpenAI_client_of_dotnet_throws_what_it_throws_for_a_used_up_budget()
    {
        AnswersAsOpenAi();
        var token = await TokenAsync("poor");
        await host.Project.PostAsync("/v1/llm-calls", """{"customer":"poor","model":"house","input_tokens":400000}""");
        var thrown = await Should.ThrowAsync<ClientResultException>(() => OpenAi(token)
            .CompleteChatAsync([new UserChatMessage("Say hello.")], cancellationToken: TestContext.Current.CancellationToken));
        thrown.Status.ShouldBe(402);
        thrown.Message.ShouldContain("budget_exceeded");
    }

    [Theory]
    [InlineData("openai", "plain", "openai-chat.json", "Hello! How can I help?", 46, "0.00011835")]
    [InlineData("openai", "stream", "openai-chat-stream-include-usage.sse", "Hello", null, null)]
    [InlineData("anthropic", "plain", "anthropic-messages.json", "Hello!", 12, "0.000255")]
    [InlineData("anthropic", "stream", "anthropic-messages-stream.sse", "Hello", 89, "0.0030582")]
    [InlineData("gemini", "plain", "gemini-generate-content.json", null, 80, null)]
    [InlineData("gemini", "stream", "gemini-stream-generate-content.sse", null, 8, "0.000123")]
    public async Task The_clients_of_npm_call_and_stream(
        string provider, string mode, string sample, string? text, int? output, string? cost)
    {
        await NpmClients.InstallAsync();
        if (provider == "openai")
        {
            AnswersAsOpenAi();
        }
        else
        {
            await host.SetUpstreamAsync(provider, host.Upstream.Url);
            host.Upstream.AnswersWith(Sample(sample), type: mode == "stream" ? "text/event-stream" : "application/json");
        }

        var customer = $"{provider}-{mode}";
        var got = await NpmClients.CallAsync(
            provider, mode, host.Project.Http.BaseAddress!.ToString().TrimEnd('/'), await TokenAsync(customer));

        got.TryGetProperty("error", out _).ShouldBeFalse(got.ToString());
        (text is null || got.GetProperty("text").GetString() == text).ShouldBeTrue(got.ToString());
        var reported = got.GetProperty("output");
        (reported.ValueKind == JsonValueKind.Null ? (int?)null : reported.GetInt32()).ShouldBe(output, got.ToString());
        var call = (await host.RecordedAsync(customer)).ShouldHaveSingleItem();
        call.GetProperty("estimated").GetBoolean().ShouldBeFalse();
        call.GetProperty("cost_usd").GetString().ShouldNotBeNull();
        (cost is null || call.GetProperty("cost_usd").GetString() == cost).ShouldBeTrue(call.ToString());
        var seen = host.Upstream.Calls.Last();
        seen.Headers.Values.ShouldNotContain(value => value.Contains("tg_ct_", StringComparison.Ordinal), "The caller's key stays here.");
        seen.Headers.Values.ShouldContain(value => value.Contains(GatewayHost.UpstreamKey, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("openai", "APIError")]
    [InlineData("anthropic", "PaymentRequiredError")]
    [InlineData("gemini", "ApiError")]
    public async Task The_clients_of_npm_throw_their_own_errors_for_a_used_up_budget(string provider, string error)
    {
        await NpmClients.InstallAsync();
        await host.SetUpstreamAsync(provider, host.Upstream.Url);
        var customer = $"{provider}-poor";
        await host.Project.PostAsync("/v1/llm-calls", $$"""{"customer":"{{customer}}","model":"house","input_tokens":400000}""");
        var got = await NpmClients.CallAsync(
            provider, "plain", host.Project.Http.BaseAddress!.ToString().TrimEnd('/'), await TokenAsync(customer));
        (got.GetProperty("error").GetString(), got.GetProperty("status").GetInt32()).ShouldBe((error, 402), got.ToString());
        got.GetProperty("message").GetString()!.ShouldContain("Model cost");
    }
}

/// <summary>The clients in <c>tests/clients</c>, installed once for the run.</summary>
internal static class NpmClients
{
    private static readonly Lazy<Task<string?>> Installed = new(InstallOnceAsync);

    /// <summary>The folder in which node finds them.</summary>
    public static string Folder([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "clients"));

    /// <summary>Skips the test if there is no node, or no registry.</summary>
    public static async Task InstallAsync()
    {
        var missing = await Installed.Value;
        Assert.SkipWhen(missing is not null, missing ?? "");
    }

    public static async Task<JsonElement> CallAsync(string client, string mode, string url, string key)
    {
        var (code, output, error) = await RunAsync("node", null, "call.mjs", client, mode, url, key);
        code.ShouldBe(0, error);
        return JsonElement.Parse(output);
    }

    /// <summary>True if the reference library of Standard Webhooks accepts a message.</summary>
    public static async Task<bool> VerifiesAsync(string secret, Seen message)
    {
        var headers = message.Headers;
        var (code, output, error) = await RunAsync(
            "node", message.Text, "verify.mjs", secret, headers["webhook-id"], headers["webhook-timestamp"], headers["webhook-signature"]);
        code.ShouldBe(0, error);
        return JsonElement.Parse(output).GetProperty("good").GetBoolean();
    }

    /// <summary>The header that Stripe's own library makes for a body.</summary>
    public static async Task<string> StripeSignsAsync(string secret, long timestamp, string body)
    {
        var (code, output, error) = await RunAsync("node", body, "stripe.mjs", "sign", secret,
            timestamp.ToString(CultureInfo.InvariantCulture));
        code.ShouldBe(0, error);
        return JsonElement.Parse(output).GetProperty("header").GetString()!;
    }

    /// <summary>True if Stripe's own library accepts a signed body.</summary>
    public static async Task<bool> StripeVerifiesAsync(string secret, string header, string body, DateTimeOffset now)
    {
        var (code, output, error) = await RunAsync("node", body, "stripe.mjs", "verify", secret, header,
            now.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture));
        code.ShouldBe(0, error);
        return JsonElement.Parse(output).GetProperty("good").GetBoolean();
    }

    /// <summary>Returns the output of a program in the folder. Another exit code than 0 fails the test with the whole output.</summary>
    public static async Task<string> NodeAsync(params string[] arguments)
    {
        var (code, output, error) = await RunAsync("node", null, arguments);
        code.ShouldBe(0, $"{output}\n{error}");
        return output;
    }

    private static async Task<string?> InstallOnceAsync()
    {
        try
        {
            var (code, _, error) = await RunAsync("npm", null, "ci", "--no-audit", "--no-fund", "--ignore-scripts");
            return code == 0 ? null : $"npm ci failed: {error}";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "node and npm are not installed.";
        }
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(string program, string? input, params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments)
            {
                WorkingDirectory = Folder(), RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
            })!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, await error);
    }
}
