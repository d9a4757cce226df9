using System.Text.Json.Serialization;
using Tollgate.Core;

namespace Tollgate.Engine.Alerts;

/// <summary>The columns <c>alerts.data</c>.</summary>
[JsonSerializable(typeof(CrossingData))]
internal sealed partial class AlertJson : JsonSerializerContext
{
    public static AlertJson Stored { get; } = new(PlainJson.Stored());
}
