using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Engine.Secrets;

namespace Tollgate.Engine.Customers;

/// <summary>
/// The hashes by which Tollgate recognises the id of an erased customer without storing it: HMAC-SHA256 under a key of the server. A copy
/// of the database alone does not have that key, so nobody can test guessed ids against it.
/// </summary>
public sealed class ErasedIds(SigningKeys keys)
{
    /// <summary>Read when the server starts: requests that hash an id hold a connection of the pool already.</summary>
    private readonly byte[] _key = keys.OfErasures();

    public byte[] HashOf(int project, string customer) => HMACSHA256.HashData(
        _key, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{project}\n{customer}")));

    /// <summary>The last parameter of <see cref="CustomerSql.CreateMissing"/>.</summary>
    internal static NpgsqlParameter Parameter(ErasedIds? erased, (int Project, string Customer)[] customers) => new()
    {
        Value = erased is null ? [] : Array.ConvertAll(customers, one => erased.HashOf(one.Project, one.Customer)),
        NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea,
    };
}

/// <summary>The customer is erased. Only an explicit creation makes a customer with its id again.</summary>
public sealed class CustomerErasedException : Exception
{
    public CustomerErasedException()
        : base("The customer is erased.")
    {
    }

    public CustomerErasedException(string message)
        : base(message)
    {
    }

    public CustomerErasedException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
