using Tollgate.Lifetimes.Stage;

// One server for all lives: each lives in a project of its own.
[assembly: AssemblyFixture(typeof(LivesStage))]
