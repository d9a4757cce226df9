namespace Tollgate.Core.Catalog;

public static class CatalogRules
{
    public static IReadOnlyList<CatalogFault> Check(CatalogDocument document) => [];
}
