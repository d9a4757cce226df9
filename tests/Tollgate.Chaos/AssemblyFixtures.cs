using Tollgate.Chaos.Servers;

// Starting servers takes longer than most tests: all share them.
[assembly: AssemblyFixture(typeof(ChaosServers))]

// Each test loads the whole machine; two at a time would distort each other's measurements.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
