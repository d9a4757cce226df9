namespace Tollgate.Core.Llm.Shapes;

/// <summary>The provider of a call and the format of its answer.</summary>
/// <param name="Provider">A name of the price book: <c>openai</c>, <c>together_ai</c>; an unknown host is its own provider.</param>
public sealed record LlmRoute(string Provider, LlmApi Api)
{
    /// <summary>
    /// The model, if the path names it (Gemini, Bedrock, Azure's deployments, Stability); null if the request's body does.
    /// </summary>
    public string? Model { get; init; }

    /// <summary>True if the path makes the answer a stream. Only Ollama lets a request override it.</summary>
    public bool IsStream { get; init; }

    /// <summary>
    /// The decoded id of the job or stored answer in the path. Every poll repeats the same usage, which counts once for the job.
    /// </summary>
    public string? Job { get; init; }

    /// <summary>
    /// The requested part of the job, or the operation on it (<c>cancel</c>, <c>errors</c>, <c>input_items</c>); null: the job itself.
    /// </summary>
    public string? JobPart { get; init; }
}
