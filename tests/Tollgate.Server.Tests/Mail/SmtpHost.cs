using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Tollgate.Server.Tests.Mail;

/// <summary>A mail server that accepts the recipients that the test allows, and stores their mails.</summary>
/// <param name="certificate">It offers STARTTLS, and requires it.</param>
/// <param name="password">It requires a login of the user <see cref="User"/>.</param>
public sealed class SmtpHost(X509Certificate2? certificate = null, string? password = null) : IAsyncDisposable
{
    public const string User = "billing";

    private readonly TcpListener _listener = Started();
    private readonly CancellationTokenSource _stop = new();
    private Task? _accepting;

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Whole messages with their headers.</summary>
    public ConcurrentQueue<string> Taken { get; } = new();

    /// <summary>Returns the answer to a recipient.</summary>
    public Func<string, string> Answer { get; set; } = static _ => "250 OK";

    /// <summary>Delays the answer after it has received a message.</summary>
    public Func<Task> BeforeTaken { get; set; } = static () => Task.CompletedTask;

    /// <summary>A certificate of this machine, which no known authority signed.</summary>
    public static X509Certificate2 NewCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var made = request.CreateSelfSigned(DateTimeOffset.UnixEpoch.AddYears(50), DateTimeOffset.UnixEpoch.AddYears(100));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }

    /// <summary>Starts answering. Until then clients get no answer.</summary>
    public SmtpHost Open()
    {
        _accepting ??= AcceptAsync();
        return this;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await (_accepting ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private static TcpListener Started()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return listener;
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            var client = await _listener.AcceptTcpClientAsync(_stop.Token);
            _ = TalkAsync(client);
        }
    }

    private async Task TalkAsync(TcpClient client)
    {
        using (client)
        {
            Stream stream = client.GetStream();
            await WriteAsync(stream, "220 host ready");
            if (!await ObeyAsync(stream, isSecure: false))
            {
                return;
            }

            await using var secure = new SslStream(stream);
            await secure.AuthenticateAsServerAsync(certificate!);
            await ObeyAsync(secure, isSecure: true);
        }
    }

    /// <returns>True if the client wants to continue encrypted.</returns>
    private async Task<bool> ObeyAsync(Stream stream, bool isSecure)
    {
        var isKnown = password is null;
        while (await ReadAsync(stream) is { } line)
        {
            var verb = line.Split(' ', ':')[0].ToUpperInvariant();
            if (verb == "AUTH")
            {
                isKnown = await IsUserAsync(stream, line);
            }

            await WriteAsync(stream, verb switch
            {
                "EHLO" => "250-stage\r\n"
                    + (certificate is not null && !isSecure ? "250-STARTTLS\r\n" : password is not null ? "250-AUTH LOGIN\r\n" : "")
                    + "250 8BITMIME",
                "STARTTLS" => "220 go on",
                "AUTH" => isKnown ? "235 welcome" : "535 5.7.8 wrong user or password",
                "MAIL" when !isKnown => "530 5.7.0 Authentication required",
                "RCPT" => Answer(line),
                "DATA" => "354 go on",
                "QUIT" => "221 bye",
                _ => "250 OK",
            });
            switch (verb)
            {
                case "STARTTLS":
                    return true;
                case "QUIT":
                    return false;
                case "DATA":
                    await TakeAsync(stream);
                    await BeforeTaken();
                    await WriteAsync(stream, "250 taken");
                    break;
            }
        }

        return false;
    }

    /// <summary>Reads <c>AUTH LOGIN user</c>, then the password on a separate line, both in Base64.</summary>
    private async Task<bool> IsUserAsync(Stream stream, string line)
    {
        await WriteAsync(stream, "334 UGFzc3dvcmQ6");
        return Plain(line.Split(' ')[^1]) == User && Plain(await ReadAsync(stream) ?? "") == password;

        static string Plain(string text) => Encoding.UTF8.GetString(Convert.FromBase64String(text));
    }

    private async Task TakeAsync(Stream stream)
    {
        var message = new StringBuilder();
        while (await ReadAsync(stream) is { } line && line != ".")
        {
            message.AppendLine(line.StartsWith("..", StringComparison.Ordinal) ? line[1..] : line);
        }

        Taken.Enqueue(message.ToString());
    }

    /// <summary>Reads byte by byte, because the bytes after STARTTLS belong to the encryption.</summary>
    private async Task<string?> ReadAsync(Stream stream)
    {
        var (line, one) = (new List<byte>(), new byte[1]);
        while (await stream.ReadAsync(one, _stop.Token) == 1)
        {
            if (one[0] == '\n')
            {
                return Encoding.UTF8.GetString([.. line]).TrimEnd('\r');
            }

            line.Add(one[0]);
        }

        return null;
    }

    private async Task WriteAsync(Stream stream, string text) =>
        await stream.WriteAsync(Encoding.UTF8.GetBytes(text + "\r\n"), _stop.Token);
}
