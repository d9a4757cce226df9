using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;
using Tollgate.Server.Hosting;
using Tollgate.Server.Tests.Catalog;
using Tollgate.Server.Tests.Http;
using Tollgate.Web.Pricing;

namespace Tollgate.Server.Tests.Checkouts;

/// <summary>The cached pricing pages: a page that is not cached asks for a place before it is rendered.</summary>
[Collection(nameof(CatalogServer))]
public sealed class PricingCacheTests(CatalogServer catalogs)
{
    [Fact]
    public async Task Invented_currencies_make_no_pages_and_invented_hosts_replace_only_those_of_their_project()
    {
        await using var host = await Pages.StartAsync(catalogs);
        await host.ShowAsync("career-coach");
        await host.ShowAsync("trendit");
        for (var i = 0; i < 300; i++)
        {
            await host.ShowAsync("trendit", string.Create(CultureInfo.InvariantCulture, $"?currency=X{i}&period=p{i}&other={i}"));
        }

        host.Rendered.ShouldBe(["career-coach", "trendit"]);
        for (var i = 0; i < 400; i++)
        {
            await host.ShowAsync("trendit", host: string.Create(CultureInfo.InvariantCulture, $"h{i}.example.com"));
        }

        host.Rendered.Clear();
        await host.ShowAsync("career-coach");
        host.Rendered.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_large_page_is_cached_too_and_equal_requests_share_it()
    {
        var features = string.Join(",", Enumerable.Range(0, 500).Select(static i => $"{{code: f{i}, name: Feature {i}}}"));
        var gives = string.Join(",", Enumerable.Range(0, 500).Select(static i => $"{{feature: f{i}, quota: {i + 1}}}"));
        var plans = string.Join(
            ",", Enumerable.Range(0, 40).Select(i => $"{{code: p{i}, name: Plan {i}, prices: [{{interval: monthly, amount: {i}}}], entitlements: [{gives}]}}"));
        using var client = await catalogs.CreateProjectAsync(
            "large-cached", $"{{code: large, name: Large, default_plan: p0, features: [{features}], plans: [{plans}]}}");
        await using var host = await Pages.StartAsync(catalogs);
        var sizes = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => host.ShowAsync("large-cached")));
        sizes.Distinct().ShouldHaveSingleItem().ShouldBeInRange(256 * 1024, 2_000_000);
        host.Rendered.Clear();
        await host.ShowAsync("large-cached");
        host.Rendered.ShouldBeEmpty();
    }

    /// <summary>The pages of a server of its own in the test's process.</summary>
    private sealed class Pages(Database database, Microsoft.AspNetCore.Builder.WebApplication app) : IAsyncDisposable
    {
        private PricingPages? _pages;

        /// <summary>The projects whose pages asked for a place.</summary>
        public List<string> Rendered { get; } = [];

        public static async Task<Pages> StartAsync(CatalogServer catalogs)
        {
            var database = new Database(catalogs.Database.ConnectionString, new DatabaseOptions());
            var app = HttpHost.Build(MappedEndpoints.Options(), database, MappedEndpoints.Secrets, NullLoggerFactory.Instance);
            await app.Services.GetRequiredService<ProjectDirectory>().RefreshAsync(TestContext.Current.CancellationToken);
            return new(database, app);
        }

        public async Task<long> ShowAsync(string project, string query = "", string host = "localhost")
        {
            _pages ??= new((_, entering) =>
            {
                Rendered.Add(entering.Code);
                return ValueTask.FromResult(true);
            });
            using var body = new MemoryStream();
            var context = new DefaultHttpContext { RequestServices = app.Services };
            context.Request.Method = "GET";
            context.Request.QueryString = new(query);
            context.Response.Body = body;
            var known = app.Services.GetRequiredService<ProjectDirectory>().Find(project).ShouldNotBeNull();
            await _pages.ShowAsync(context, known, new Uri($"http://{host}/{project}/pricing"));
            return context.Response.ContentLength!.Value;
        }

        public async ValueTask DisposeAsync()
        {
            await app.DisposeAsync();
            await database.DisposeAsync();
        }
    }
}
