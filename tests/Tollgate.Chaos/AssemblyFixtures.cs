using Tollgate.Testing;

// One PostgreSQL for all tests of this assembly; those that kill PostgreSQL start a server with one of its own.
[assembly: AssemblyFixture(typeof(TestPostgres))]

// Each test loads the machine by itself; two at once would measure each other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
