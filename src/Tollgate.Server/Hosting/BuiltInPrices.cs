using Tollgate.Core.Catalog;
using Tollgate.Core.Llm;
using Tollgate.Engine.Llm;
using Tollgate.Engine.Postgres;

namespace Tollgate.Server.Hosting;

/// <summary>The prices of models that come with the server: the files of <c>prices/</c>, next to the binary.</summary>
internal static class BuiltInPrices
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "prices");

    /// <summary>
    /// Fills an empty price book: the shared list, and the own prices of the built-in products. Later starts do not change it.
    /// </summary>
    /// <exception cref="StartRefusedException">A file is faulty; every fault with its file, line and path.</exception>
    public static async Task EnsureAsync(SetModelPrices set, ILogger logger, CancellationToken cancel)
    {
        if (!await set.IsEmptyAsync(cancel))
        {
            return;
        }

        var shared = PriceFile.Read(await ReadAsync("models.json", cancel));
        var own = PriceFile.ReadByProject(await ReadAsync("seeds.json", cancel));
        Refuse("models.json", shared.Faults);
        Refuse("seeds.json", own.Faults);
        if (await set.FillAsync(shared.Prices, own.Prices, cancel))
        {
            logger.LogInformation("Filled the price book with {Prices} prices of models.", shared.Prices.Count);
        }
    }

    /// <summary>The own prices of the built-in products, by project.</summary>
    public static async Task<IReadOnlyDictionary<string, IReadOnlyList<ModelPrice>>> OfProductsAsync(CancellationToken cancel) =>
        PriceFile.ReadByProject(await ReadAsync("seeds.json", cancel)).Prices;

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(string file, CancellationToken cancel) =>
        await File.ReadAllBytesAsync(Path.Combine(Folder, file), cancel);

    private static void Refuse(string file, IReadOnlyList<CatalogFault> faults)
    {
        if (faults.Count > 0)
        {
            throw new StartRefusedException(
                $"The prices in {Folder} have faults. Correct the files and start "
                    + $"again:\n{string.Join('\n', faults.Select(fault => fault.Describe(file)))}");
        }
    }
}
