using Tollgate.Server.Tests;
using Tollgate.Server.Tests.Checkouts;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Guides;
using Tollgate.Server.Tests.Inbox;
using Tollgate.Server.Tests.Payments;
using Tollgate.Server.Tests.Webhooks;
using Tollgate.Testing;

// One PostgreSQL for all tests of this assembly; classes take a database of their own with IClassFixture<FreshDatabase>.
[assembly: AssemblyFixture(typeof(TestPostgres))]
[assembly: TestCollectionOrderer(typeof(ServerTestOrder))]

namespace Tollgate.Server.Tests;

public sealed class ServerTestOrder() : LongestFirst(
    nameof(ImpatientServer), nameof(GuideTests), RunningServerTests.Webhooks, RunningServerTests.Invoicing,
    RunningServerTests.Commands, RunningServerTests.Others, nameof(CheckoutApiTests), nameof(InboxRaceTests), nameof(WebhookMetricsTests),
    nameof(WebhookKillTests));
