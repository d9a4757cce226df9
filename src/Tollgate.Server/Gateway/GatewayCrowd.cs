using System.Collections.Concurrent;

namespace Tollgate.Server.Gateway;

/// <summary>
/// Counts the calls of each project that are under way on this server. A project whose upstream hangs, or leads back here by way of
/// somebody who takes the mark of a hop away, ends at its own limit and not at the server's sockets.
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
