using Tollgate.Lifetimes.TestHost;

// One server for all lives: each lives in a project of its own.
[assembly: AssemblyFixture(typeof(LivesHost))]
