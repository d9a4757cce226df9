namespace Tollgate.Core.Llm.Shapes;

/// <summary>Whose call it is and in which shape its answer comes.</summary>
/// <param name="Provider">A name of the price book: <c>openai</c>, <c>together_ai</c>; a host nobody knows is its own provider.</param>
public sealed record LlmRoute(string Provider, LlmApi Api)
{
    /// <summary>
    /// The model, where the path names it (Gemini, Bedrock, Azure's deployments, Stability); null where the request's body does.
    /// </summary>
    public string? Model { get; init; }

    /// <summary>The path makes the answer a stream. Only to Ollama a request can say otherwise.</summary>
    public bool IsStream { get; init; }

    /// <summary>
    /// The job or stored answer that the path names by its id, decoded. Every poll repeats the same usage, which counts once for the job.
    /// </summary>
    public string? Job { get; init; }

    /// <summary>What of the job is asked for or done (<c>cancel</c>, <c>errors</c>, <c>input_items</c>); null: the job itself.</summary>
    public string? JobPart { get; init; }
}
