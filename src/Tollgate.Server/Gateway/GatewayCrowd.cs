using System.Collections.Concurrent;

namespace Tollgate.Server.Gateway;

/// <summary>
/// Counts the calls in progress of each project on this server. A project whose upstream hangs, or loops back through a proxy that removes
/// the hop header, reaches its own limit and does not exhaust the server's sockets.
/// </summary>
internal sealed class GatewayCrowd(int mostOfProject)
{
    private readonly ConcurrentDictionary<int, int> _calls = new();

    public bool TryEnter(int project)
    {
        if (_calls.AddOrUpdate(project, 1, static (_, calls) => calls + 1) <= mostOfProject)
        {
            return true;
        }

        Leave(project);
        return false;
    }

    public void Leave(int project) => _calls.AddOrUpdate(project, 0, static (_, calls) => calls - 1);
}
