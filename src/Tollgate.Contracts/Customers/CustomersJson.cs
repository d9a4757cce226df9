using System.Text.Json;
using System.Text.Json.Serialization;
using Tollgate.Contracts.Http;

namespace Tollgate.Contracts.Customers;

/// <summary>The JSON serialization of the bodies of the room Customers.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    Converters = [typeof(PlainDecimal), typeof(UtcInstant)])]
[JsonSerializable(typeof(CreateCustomerRequest))]
[JsonSerializable(typeof(UpdateCustomerRequest))]
[JsonSerializable(typeof(CustomerView))]
[JsonSerializable(typeof(CustomerList))]
[JsonSerializable(typeof(AssignPlanRequest))]
[JsonSerializable(typeof(AddGrantRequest))]
[JsonSerializable(typeof(GrantView))]
[JsonSerializable(typeof(GrantList))]
[JsonSerializable(typeof(AddGrantScheduleRequest))]
[JsonSerializable(typeof(UpdateGrantScheduleRequest))]
[JsonSerializable(typeof(GrantScheduleView))]
[JsonSerializable(typeof(GrantScheduleList))]
[JsonSerializable(typeof(WithdrawRequest))]
[JsonSerializable(typeof(WithdrawalView))]
[JsonSerializable(typeof(AddMemberRequest))]
[JsonSerializable(typeof(UpdateMemberRequest))]
[JsonSerializable(typeof(MemberView))]
[JsonSerializable(typeof(MemberList))]
[JsonSerializable(typeof(UsageView))]
[JsonSerializable(typeof(EntitlementsView))]
[JsonSerializable(typeof(ExplainView))]
[JsonSerializable(typeof(TermsView))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, JsonElement>))]
public sealed partial class CustomersJson : JsonSerializerContext;
