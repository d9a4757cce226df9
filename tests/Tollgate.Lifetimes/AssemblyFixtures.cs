using Tollgate.Lifetimes;
using Tollgate.Lifetimes.Simulation;
using Tollgate.Lifetimes.TestHost;
using Tollgate.Testing;

// One server for all lives: each has a project of its own.
[assembly: AssemblyFixture(typeof(LivesHost))]
[assembly: TestCollectionOrderer(typeof(LivesOrder))]

namespace Tollgate.Lifetimes;

public sealed class LivesOrder() : LongestFirst(nameof(SimulationTests));
