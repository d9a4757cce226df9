using System.Text.Json;
using Tollgate.Server.Tests.Gateway;

namespace Tollgate.Server.Tests.Http;

/// <summary>The client that a user generates from the document: it compiles, and its types match the API.</summary>
[Collection(FrontDoorTests.Name)]
public sealed class TypeScriptClientTests(RunningServer server)
{
    [Fact]
    public async Task A_generated_client_compiles_and_gets_from_a_catalog_to_a_paid_invoice()
    {
        await NpmClients.InstallAsync();
        var made =
            (await server.SendAsync(
                "POST", "/v1/projects", server.Admin, """{"code": "typescript", "name": "TypeScript", "mode": "sandbox"}""")).ShouldBe(
                201).Json;
        var url = server.Server.Url.ToString().TrimEnd('/');

        await NpmClients.NodeAsync(
            "node_modules/openapi-typescript/bin/cli.js", $"{url}/openapi/v1.json", "-o", "typescript/generated/v1.d.ts");
        await NpmClients.NodeAsync("node_modules/typescript/bin/tsc", "-p", "typescript");
        var said = await NpmClients.NodeAsync("typescript/generated/out/scenario.js", url, made.GetProperty("secret_key").GetString()!);

        JsonSerializer.Serialize(JsonElement.Parse(said)).ShouldBe(
            """{"outcome":"published","customer":"acme","reason":"within_quota","refusal":"quota_exceeded","status":"active","used":3,"remaining":17,"kind":"metered","line":"subscription","total":1200,"before":"to be paid","after":"settled"}""");
    }
}
