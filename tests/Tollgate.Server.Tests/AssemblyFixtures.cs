using Tollgate.Testing;

// One PostgreSQL for all tests of this assembly; classes take a database of their own with IClassFixture<FreshDatabase>.
[assembly: AssemblyFixture(typeof(TestPostgres))]
