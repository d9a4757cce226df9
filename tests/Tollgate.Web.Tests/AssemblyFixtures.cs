using Tollgate.Web.Tests;

// One server with its PostgreSQL, and one browser, for all tests: each test has a project and a window of its own.
[assembly: AssemblyFixture(typeof(Shop))]
[assembly: AssemblyFixture(typeof(Browser))]
