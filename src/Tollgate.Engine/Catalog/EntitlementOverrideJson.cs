using Tollgate.Core.Catalog;
namespace Tollgate.Engine.Catalog;
internal static class EntitlementOverrideJson { public static IEnumerable<EntitlementOverride> ReadStored(string json) => throw new NotSupportedException(json); }
