using Tollgate.Testing;
using Tollgate.Web.Tests;

// One PostgreSQL, one server and one browser for all tests: each has a project and a window of its own.
[assembly: AssemblyFixture(typeof(TestPostgres))]
[assembly: AssemblyFixture(typeof(Browser))]
