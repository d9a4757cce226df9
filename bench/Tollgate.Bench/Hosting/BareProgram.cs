using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace Tollgate.Bench.Hosting;

/// <summary>
/// The least that could be called a gate: HTTP, JSON, a queue, and for each batch one statement that takes what fits and
/// records it. No keys, no plans, no ids, no replays, no periods, no distinction of refusals. Its rate on a machine is about the highest
/// possible rate there.
/// </summary>
internal static class BareProgram
{
    private const string Take =
        """
        WITH wanted AS (SELECT * FROM unnest($1::integer[], $2::integer[]) AS x (customer, quantity)),
             taken AS (UPDATE counters c
                          SET used = c.used + w.quantity
                         FROM wanted w
                        WHERE c.customer = w.customer AND c.used + w.quantity <= c.quota
                       RETURNING c.customer)
        INSERT INTO facts (customer, quantity, occurred_at)
        SELECT t.customer, 1, now() FROM unnest($3::integer[]) AS f (customer) JOIN taken t ON t.customer = f.customer
        """;

    private const int LargestBatch = 1024;

    /// <summary>The first argument that makes the process this program instead of the bench.</summary>
    public const string Word = "bare-program";

    /// <param name="arguments">Connection string, port.</param>
    public static async Task RunAsync(IReadOnlyList<string> arguments)
    {
        var queue = Channel.CreateUnbounded<(int Customer, TaskCompletionSource Done)>(new() { SingleReader = true });
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:" + arguments[1]);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        await using var app = builder.Build();
        app.MapGet("/", () => "ready");
        app.MapPost("/v1/consume", async context =>
        {
            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            queue.Writer.TryWrite((await CustomerAsync(context.Request.BodyReader), done));
            await done.Task;
            var answer = "{\"allowed\":true}"u8;
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = answer.Length;
            context.Response.BodyWriter.Write(answer);
        });
        await app.StartAsync();
        await WorkAsync(queue.Reader, arguments[0]);
    }

    private static async Task<int> CustomerAsync(PipeReader pipe)
    {
        var read = await pipe.ReadAsync();
        while (!read.IsCompleted)
        {
            pipe.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            read = await pipe.ReadAsync();
        }

        var customer = CustomerIn(read.Buffer);
        pipe.AdvanceTo(read.Buffer.End);
        return customer;
    }

    /// <summary>"c0042" or "h0000" is the number; the peers' tables count from 1.</summary>
    private static int CustomerIn(ReadOnlySequence<byte> body)
    {
        var reader = new Utf8JsonReader(body);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("customer"u8))
            {
                reader.Read();
                return int.Parse(reader.GetString().AsSpan(1)) + 1;
            }
        }

        throw new BenchFault("A request of the load has no customer.");
    }

    private static async Task WorkAsync(ChannelReader<(int Customer, TaskCompletionSource Done)> queue, string connectionString)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();

        // A plan that reads the keys row by row, as on the lanes' own connections.
        await PeersDatabase.ExecuteAsync(connection,
            "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET plan_cache_mode = force_generic_plan",
            default);
        var (customers, sums, facts) = (Numbers(), Numbers(), Numbers());
        await using var command = new NpgsqlCommand(Take, connection) { Parameters = { customers, sums, facts } };
        await command.PrepareAsync();

        var batch = new List<(int Customer, TaskCompletionSource Done)>();
        var wanted = new SortedDictionary<int, int>();
        while (await queue.WaitToReadAsync())
        {
            while (batch.Count < LargestBatch && queue.TryRead(out var one))
            {
                batch.Add(one);
                wanted[one.Customer] = wanted.GetValueOrDefault(one.Customer) + 1;
            }

            (customers.TypedValue, sums.TypedValue, facts.TypedValue) =
                ([.. wanted.Keys], [.. wanted.Values], [.. batch.Select(one => one.Customer)]);
            await command.ExecuteNonQueryAsync();
            foreach (var (_, done) in batch)
            {
                done.SetResult();
            }

            batch.Clear();
            wanted.Clear();
        }
    }

    private static NpgsqlParameter<int[]> Numbers() => new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer, TypedValue = [] };
}
