namespace Tollgate.Core.Time;

public enum PriceInterval
{
    Weekly,
    Monthly,
    Yearly,
}
