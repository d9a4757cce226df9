using System.Collections.Concurrent;
using Tollgate.Core.Llm;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Llm;

/// <summary>
/// Which model answered last under a name that says nothing about it: Azure's deployments are named by whoever makes them. What is
/// held for the next call is priced by it. Lost with the process, which costs exactness of the first hold and no more.
/// </summary>
internal sealed class AnsweringModels
{
    /// <summary>Names of all projects, some 300 bytes each. A project has a handful; beyond it the memory starts anew.</summary>
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

    /// <summary>As the call is to be priced before it is made.</summary>
    public LlmCall Foreseen(ProjectSnapshot project, LlmCall call) =>
        call.Provider is { } provider && _answered.TryGetValue((project.Id, provider, call.Model), out var model)
            ? call with { Model = model }
            : call;
}
