using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Tollgate.Server.Http;

namespace Tollgate.Server.Projects;

/// <summary>
/// Hashes and compares passwords of customers with the framework's hasher: PBKDF2 with HMAC-SHA-512, a random salt for each, and the number
/// of rounds in the hash. A comparison takes a core for a tenth of a second, so only a few run at one time, each project has few of
/// them, and each account has few attempts in a minute.
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

    /// <summary>
    /// Hashes and comparisons of one project that wait for a core; further ones are refused. A project that is attacked delays the others
    /// by less than a second.
    /// </summary>
    private const int MostWaiting = 8;

    /// <summary>The hasher asks for a user, which it does not use.</summary>
    private const string Nobody = "";

    private readonly PasswordHasher<string> _hasher = new(Options.Create(new PasswordHasherOptions { IterationCount = Rounds }));
    private readonly SemaphoreSlim _places = new(Math.Max(1, Environment.ProcessorCount / 2));
    private readonly MinuteBudget _accounts = new(AttemptsPerMinute);
    private readonly Lazy<string> _dummy;
    private readonly ConcurrentDictionary<int, int> _waiting = new();

    public Passwords() => _dummy = new(() => _hasher.HashPassword(Nobody, "the password of an account that does not exist"));

    public void Dispose() => _places.Dispose();

    /// <summary>Returns null if too much work of the project waits.</summary>
    public Task<string?> HashAsync(int project, string password, CancellationToken cancel) =>
        InTurnAsync<string>(project, () => _hasher.HashPassword(Nobody, password), cancel);

    /// <summary>Returns null if too much work of the project waits.</summary>
    /// <param name="hash">Null: the account does not exist.</param>
    public async Task<bool?> IsRightAsync(int project, string? hash, string password, CancellationToken cancel) =>
        await InTurnAsync<object>(project, () => _hasher.VerifyHashedPassword(Nobody, hash ?? _dummy.Value, password), cancel)
            is PasswordVerificationResult result
            ? hash is not null && result != PasswordVerificationResult.Failed
            : null;

    /// <summary>Runs work of a tenth of a second on one of the places.</summary>
    private async Task<T?> InTurnAsync<T>(int project, Func<T> work, CancellationToken cancel)
        where T : class
    {
        if (_waiting.AddOrUpdate(project, 1, static (_, waiting) => waiting + 1) > MostWaiting)
        {
            Leave(project);
            return null;
        }

        try
        {
            await _places.WaitAsync(cancel);
            try
            {
                return await Task.Run(work, cancel);
            }
            finally
            {
                _places.Release();
            }
        }
        finally
        {
            Leave(project);
        }
    }

    private void Leave(int project) => _waiting.AddOrUpdate(project, 0, static (_, waiting) => waiting - 1);

    /// <summary>Returns the pause of an account after too many failed attempts. Null: it may try.</summary>
    public TimeSpan? PauseOf(int project, string username) => _accounts.PauseOf(AccountOf(project, username), Now());

    public void Fail(int project, string username) => _accounts.Take(AccountOf(project, username), Now());

    private static Neighborhood AccountOf(int project, string username) =>
        new(unchecked((uint)HashCode.Combine(project, username)));

    private static TimeSpan Now() => Stopwatch.GetElapsedTime(0);
}
