using Npgsql;
using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Core.Money;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Customers;

public enum AddMemberOutcome
{
    Added,

    /// <summary>The user is already a member of this customer, with this content.</summary>
    Replayed,

    /// <summary>The user is already a member of this customer, with other content. Nothing was changed.</summary>
    Conflict,

    /// <summary>The user is a member of another customer.</summary>
    Elsewhere,

    /// <summary>The customer is itself a member, or the member has members, or both are the same.</summary>
    Nested,

    /// <summary>The user has a subscription of its own that has not ended.</summary>
    Subscribed,

    /// <summary>Every seat of the customer's subscription is taken, or the server's limit is reached.</summary>
    NoSeat,
}

/// <param name="Member">Null: the member was refused.</param>
/// <param name="Detail">The reason of a refusal, for the caller.</param>
public sealed record AddMemberAnswer(AddMemberOutcome Outcome, Member? Member, string? Detail = null);

/// <summary>
/// Lets a user use the balances of a customer: from the commit on, every decision on the member's id is one on the customer's account. The
/// member's own balances stay and apply again when it leaves.
/// </summary>
public sealed class AddMember(CustomerChanges changes, Clock clock, CustomerOptions options)
{
    /// <summary>
    /// 1. Lock both rows, and create missing ones; 2. look for a reason to refuse; 3. write the member beside the owner, and the owner into
    /// the member's row; 4. move the versions of the member's rows, so that no server continues to decide on them; 5. notify the other
    /// servers.
    /// </summary>
    public async Task<AddMemberAnswer> RunAsync(
        ProjectSnapshot project, string customer, string id, MemberProfile profile, CancellationToken cancel)
    {
        if (customer == id)
        {
            return new(AddMemberOutcome.Nested, null, "A customer is not a member of itself.");
        }

        await using (var change = (await changes.BeginOnTwoAsync(project, customer, id, create: true, cancel))!)
        {
            var member = change.Other;
            if (await FindRefusalAsync(change, member, profile, project, cancel) is { } answer)
            {
                return answer;
            }

            var now = clock.Now(project);
            var (partition, account) = (change.Row.Partition, change.Row.Account);
            await change.ExecuteAsync(
                MemberSql.Insert, cancel, partition, account, id, project.Id, Text(profile.Name), Text(profile.Email), Text(profile.Role),
                now.ToUtc());
            await change.ExecuteAsync(MemberSql.SetOwner, cancel, member.Partition, member.Account, customer);
            await change.TouchAsync(member, now, cancel);
            await ChangeNotice.SendAsync(change.Connection, ChangeNotice.Customer(project.Id, id), cancel);
            await change.CommitAsync();
            return new(AddMemberOutcome.Added, new(id, customer, profile, now));
        }
    }

    /// <summary>The checks in order; the first that fails is the answer.</summary>
    private async Task<AddMemberAnswer?> FindRefusalAsync(
        CustomerChange change, CustomerRow member, MemberProfile profile, ProjectSnapshot project, CancellationToken cancel)
    {
        var (owner, id) = (change.Row.Customer.Id, member.Customer.Id);
        if (member.Owner == owner)
        {
            var known = await MemberQueries.FindAsync(change, id, cancel);
            return known!.Profile == profile ? new(AddMemberOutcome.Replayed, known) : new(AddMemberOutcome.Conflict, null);
        }

        if (member.Owner is { } other)
        {
            return new(AddMemberOutcome.Elsewhere, null, $"It is a member of customer {other}.");
        }

        if (change.Row.Owner is { } above)
        {
            return new(AddMemberOutcome.Nested, null, $"Customer {owner} is itself a member, of customer {above}.");
        }

        if (await change.ScalarAsync(MemberSql.Any, cancel, member.Partition, member.Account) is true)
        {
            return new(AddMemberOutcome.Nested, null, $"{id} has members of its own.");
        }

        if (await change.ScalarAsync(CustomerSql.HasSubscription, cancel, member.Partition, member.Account) is true)
        {
            return new(AddMemberOutcome.Subscribed, null, $"{id} has a subscription of its own; cancel that one first.");
        }

        var seats = await SeatsAsync(change, project, cancel);
        var taken = (long)(await change.ScalarAsync(MemberSql.Count, cancel, change.Row.Partition, change.Row.Account))!;
        return taken < (seats ?? options.MostMembers) ? null
            : seats is null ? new(AddMemberOutcome.NoSeat, null, $"A customer has at most {options.MostMembers} members.")
            : new(AddMemberOutcome.NoSeat, null, $"{taken} of {seats} seats are taken; raise the subscription's quantity.");
    }

    /// <summary>Null: the customer's plan has no seats.</summary>
    private static async Task<long?> SeatsAsync(CustomerChange change, ProjectSnapshot project, CancellationToken cancel)
    {
        await using var command = change.Command(MemberSql.Terms, change.Row.Partition, change.Row.Account);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel)
            ? new SubscriptionTerms(
                project.Catalog.VersionOf(reader.GetInt32(0)), CatalogWords.Read<PriceInterval>(reader.GetString(1)),
                Currency.Of(reader.GetString(2)),
                reader.GetInt64(3)).SeatCount
            : null;
    }

    internal static NpgsqlParameter Text(string? value) => SqlCommands.OrNull(value, NpgsqlTypes.NpgsqlDbType.Text);
}
