using Tollgate.Lifetimes.TestHost;

// One server for all lives: each has a project of its own.
[assembly: AssemblyFixture(typeof(LivesHost))]
