using Tollgate.Contracts.Http;
using Tollgate.Contracts.SeedDoors;
using Tollgate.Server.Http;

namespace Tollgate.Server.SeedDoors;

/// <summary>Errors inside the doors: <c>{"detail": …}</c>, as the framework of all five seeds writes them.</summary>
internal static class SeedErrors
{
    /// <summary>The status of the problem, and its sentences as the detail.</summary>
    public static readonly ErrorShape Shape = new(WriteAsync);

    /// <summary>A's access control: every fault of the key is a 403.</summary>
    public static readonly ErrorShape AdminShape = new((context, problem) =>
        problem.Status is StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden
            ? WriteAsync(context, StatusCodes.Status403Forbidden, "Forbidden")
            : WriteAsync(context, problem));

    public static TBuilder WithSeedErrors<TBuilder>(this TBuilder endpoint, ErrorShape? shape = null)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(shape ?? Shape);

    public static Task WriteAsync(HttpContext context, int status, string detail) =>
        Answer.Json(context, status, new SeedError<string>(detail), WireJson.Default.SeedErrorString);

    private static Task WriteAsync(HttpContext context, Problem problem) => WriteAsync(context, problem.Status, DetailOf(problem));

    private static string DetailOf(Problem problem) => problem.Errors is { Count: > 1 } faults
        ? string.Join(" ", faults.Select(fault => $"{fault.Param}: {fault.Detail}"))
        : problem.Detail ?? problem.Title;
}
