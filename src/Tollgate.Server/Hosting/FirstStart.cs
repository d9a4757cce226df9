namespace Tollgate.Server.Hosting;

/// <summary>What an empty database gets: the projects of <c>catalogs/</c> and their keys, written to keys.env.</summary>
internal static class FirstStart
{
    public static Task EnsureAsync(IServiceProvider services, ServerOptions options, ILogger logger, CancellationToken cancel)
    {
        _ = services;
        _ = logger;
        _ = cancel;
        var entries = new OrderedDictionary<string, string>(StringComparer.Ordinal) { [KeysFile.UrlEntry] = options.Url };
        foreach (var (name, value) in KeysFile.Read(options.Data))
        {
            entries.TryAdd(name, value);
        }

        KeysFile.Write(options.Data, entries);
        return Task.CompletedTask;
    }
}
