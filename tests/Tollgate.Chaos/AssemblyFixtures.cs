using Tollgate.Chaos.Servers;

// Starting servers takes longer than most tests: all share them.
[assembly: AssemblyFixture(typeof(ChaosServers))]

// Each test loads the machine by itself; two at once would measure each other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
