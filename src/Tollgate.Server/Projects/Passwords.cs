using System.Diagnostics;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Tollgate.Server.Http;

namespace Tollgate.Server.Projects;

/// <summary>
/// Hashes and compares passwords of customers with the framework's hasher: PBKDF2 with HMAC-SHA-512, a random salt for each, and the number
/// of rounds in the hash. A comparison takes a core for a tenth of a second, so only a few run at one time, and each account has few
/// attempts in a minute.
/// </summary>
/// <remarks>A user name without a login costs a comparison too, so that the time does not reveal which names exist.</remarks>
public sealed class Passwords : IDisposable
{
    public const int Shortest = 8;

    public const int Longest = 256;

    /// <summary>The recommendation of OWASP for PBKDF2 with HMAC-SHA-512.</summary>
    private const int Rounds = 210_000;

    /// <summary>Failed attempts of one account in a minute, from any address: 14,400 a day do not guess eight random characters.</summary>
    private const int AttemptsPerMinute = 10;

    /// <summary>Comparisons that wait for a core. Each holds a connection for some seconds at most; further ones are refused.</summary>
    private const int MostWaiting = 64;

    /// <summary>The hasher asks for a user, which it does not use.</summary>
    private const string Nobody = "";

    private readonly PasswordHasher<string> _hasher = new(Options.Create(new PasswordHasherOptions { IterationCount = Rounds }));
    private readonly SemaphoreSlim _places = new(Math.Max(1, Environment.ProcessorCount / 2));
    private readonly MinuteBudget _accounts = new(AttemptsPerMinute);
    private readonly Lazy<string> _dummy;
    private int _waiting;

    public Passwords() => _dummy = new(() => _hasher.HashPassword(Nobody, "the password of an account that does not exist"));

    public void Dispose() => _places.Dispose();

    public async Task<string> HashAsync(string password, CancellationToken cancel)
    {
        await _places.WaitAsync(cancel);
        try
        {
            return await Task.Run(() => _hasher.HashPassword(Nobody, password), cancel);
        }
        finally
        {
            _places.Release();
        }
    }

    /// <summary>Returns null if too many comparisons wait.</summary>
    /// <param name="hash">Null: the account does not exist.</param>
    public async Task<bool?> IsRightAsync(string? hash, string password, CancellationToken cancel)
    {
        if (Interlocked.Increment(ref _waiting) > MostWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            return null;
        }

        try
        {
            await _places.WaitAsync(cancel);
            try
            {
                var result = await Task.Run(() => _hasher.VerifyHashedPassword(Nobody, hash ?? _dummy.Value, password), cancel);
                return hash is not null && result != PasswordVerificationResult.Failed;
            }
            finally
            {
                _places.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    /// <summary>Returns the pause of an account after too many failed attempts. Null: it may try.</summary>
    public TimeSpan? PauseOf(int project, string username) => _accounts.PauseOf(AccountOf(project, username), Now());

    public void Fail(int project, string username) => _accounts.Take(AccountOf(project, username), Now());

    private static Neighborhood AccountOf(int project, string username) =>
        new(unchecked((uint)HashCode.Combine(project, username)));

    private static TimeSpan Now() => Stopwatch.GetElapsedTime(0);
}
