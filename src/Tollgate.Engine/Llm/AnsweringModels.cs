using System.Collections.Concurrent;
using Tollgate.Core.Llm;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Llm;

/// <summary>
/// The model that last answered under a name that does not identify it, such as an Azure deployment, which its creator names. The hold of
/// the next call uses its price. It is lost with the process, which makes only the first hold less exact.
/// </summary>
internal sealed class AnsweringModels
{
    /// <summary>
    /// The most names of all projects, some 300 bytes each. A project has a handful; beyond the limit the cache is cleared.
    /// </summary>
    private const int MostRemembered = 2_000;

    private readonly ConcurrentDictionary<(int Project, string Provider, string Asked), string> _answered = new();

    public void Note(ProjectSnapshot project, LlmCall call)
    {
        if (call is not { RequestedModel: { } asked, Provider: { } provider } || asked == call.Model)
        {
            return;
        }

        if (_answered.Count >= MostRemembered)
        {
            _answered.Clear();
        }

        _answered[(project.Id, provider, asked)] = call.Model;
    }

    /// <summary>Returns the call as it should be priced before it is made.</summary>
    public LlmCall Foreseen(ProjectSnapshot project, LlmCall call) =>
        call.Provider is { } provider && _answered.TryGetValue((project.Id, provider, call.Model), out var model)
            ? call with { Model = model }
            : call;
}
