using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Guides;
using Tollgate.Server.Tests.Http;
using Tollgate.Server.Tests.Payments.Paymob;
using Tollgate.Testing;

// One PostgreSQL for all tests of this assembly; classes take a database of their own with IClassFixture<FreshDatabase>.
[assembly: AssemblyFixture(typeof(TestPostgres))]

[assembly: TestCollectionOrderer(typeof(LongFirst))]

/// <summary>What takes half a minute and more.</summary>
public sealed class LongFirst() : LongCollectionsFirst(RunningServerTests.Name, nameof(GuideTests), FrontDoorTests.Name, nameof(PaymobApiTests));
