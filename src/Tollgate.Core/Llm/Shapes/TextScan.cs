namespace Tollgate.Core.Llm.Shapes;

/// <summary>
/// Counts the text in an event without parsing it: the strings after the few names that contain text. A name inside a string has escaped
/// quotes, so it is not mistaken for one.
/// </summary>
internal static class TextScan
{
    private static readonly byte[][] ChatDelta =
        [.. new[] { "content", "reasoning_content", "reasoning", "refusal", "arguments", "transcript", "text", "thinking" }.Select(Quoted)];

    private static readonly byte[][] Responses = [.. new[] { "delta" }.Select(Quoted)];
    private static readonly byte[][] ResponsesWhole = [.. new[] { "text", "arguments", "refusal" }.Select(Quoted)];
    private static readonly byte[][] Anthropic = [.. new[] { "text", "thinking", "partial_json" }.Select(Quoted)];
    private static readonly byte[][] Cohere = [.. new[] { "text", "tool_plan", "arguments" }.Select(Quoted)];
    private static readonly byte[][] Converse = [.. new[] { "text", "input" }.Select(Quoted)];
    private static readonly byte[][] Invoke =
        [.. new[] { "text", "thinking", "partial_json", "content", "generation", "outputText", "completion" }.Select(Quoted)];

    private static readonly byte[][] Ollama = [.. new[] { "content", "response", "thinking" }.Select(Quoted)];
    private static readonly byte[][] TextOnly = [.. new[] { "text" }.Select(Quoted)];

    public static DeliveredText Count(LlmApi api, ReadOnlySpan<byte> data) => api switch
    {
        LlmApi.OpenAiChat => CountChat(data),
        LlmApi.OpenAiResponses => CountResponses(data),
        LlmApi.AnthropicMessages => CountNamed(data, Anthropic),
        LlmApi.CohereChat => data.IndexOf("\"stream-end\""u8) >= 0 ? default : CountNamed(data, Cohere),
        LlmApi.BedrockConverse => CountNamed(data, Converse),
        LlmApi.BedrockInvoke => CountNamed(data, Invoke),
        LlmApi.OllamaChat => CountNamed(data, Ollama),
        LlmApi.GeminiGenerate => CountNamed(data, TextOnly),
        LlmApi.OpenAiTranscription when data.IndexOf("transcript.text.done"u8) < 0 =>
            CountNamed(data, data.IndexOf("transcript.text.delta"u8) < 0 ? TextOnly : Responses),
        _ => default,
    };

    /// <summary>
    /// Counts chat completions. Perplexity repeats the whole message before each delta, so a chunk counts from its delta on. OpenRouter
    /// repeats the reasoning as details with a text each.
    /// </summary>
    private static DeliveredText CountChat(ReadOnlySpan<byte> data)
    {
        var delta = data.IndexOf("\"delta\""u8);
        var from = delta < 0 ? data : data[delta..];
        var repeated = from.IndexOf("\"reasoning_details\""u8) >= 0;
        return CountNamed(from, repeated ? ChatDelta.AsSpan(0, 6) : ChatDelta);
    }

    /// <summary>
    /// Counts only the deltas of a stream: its done events and its last event repeat the text. Audio deltas are not text.
    /// </summary>
    private static DeliveredText CountResponses(ReadOnlySpan<byte> data)
    {
        var isEvent = data.IndexOf("\"response."u8) >= 0;
        return !isEvent ? CountNamed(data, ResponsesWhole)
            : data.IndexOf("audio.delta\""u8) >= 0 ? default
            : CountNamed(data, Responses);
    }

    private static DeliveredText CountNamed(ReadOnlySpan<byte> data, ReadOnlySpan<byte[]> names)
    {
        var sum = default(DeliveredText);
        foreach (var name in names)
        {
            var rest = data;
            for (var at = rest.IndexOf(name); at >= 0; at = rest.IndexOf(name))
            {
                rest = rest[(at + name.Length)..];
                if (ValueOf(rest) is var value && value.StartsWith("\""u8))
                {
                    sum += DeliveredText.OfJson(value[1..]);
                }
            }
        }

        return sum;
    }

    /// <summary>Returns the text after a name's colon; empty if the match is not the name of a member.</summary>
    public static ReadOnlySpan<byte> ValueOf(ReadOnlySpan<byte> afterName)
    {
        var colon = afterName.TrimStart(" \t\r\n"u8);
        return colon.StartsWith(":"u8) ? colon[1..].TrimStart(" \t\r\n"u8) : default;
    }

    /// <summary>Returns the value of the first member with this name; empty if there is none.</summary>
    public static ReadOnlySpan<byte> Named(ReadOnlySpan<byte> data, ReadOnlySpan<byte> quotedName)
    {
        var at = data.IndexOf(quotedName);
        return at < 0 ? default : ValueOf(data[(at + quotedName.Length)..]);
    }

    private static byte[] Quoted(string name) => System.Text.Encoding.UTF8.GetBytes($"\"{name}\"");
}
