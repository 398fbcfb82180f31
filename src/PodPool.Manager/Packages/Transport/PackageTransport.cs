using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PodPool.Manager.Packages.Transport;

/// <summary>
/// HTTP as packages travel by: TLS unless the host was named as insecure, limits on everything that a server decides, bounded retries, and
/// failures that say what to do. A redirect takes no credentials along to another host.
/// </summary>
internal sealed partial class PackageTransport : IDisposable
{
    private const int MaxRedirects = 5;
    private const int CopyBytes = 128 << 10;

    private static readonly ProductInfoHeaderValue Product = new("podpool", typeof(PackageTransport).Assembly.GetName().Version?.ToString(3));

    private readonly PackageSourceOptions _options;
    private readonly HashSet<string> _insecure;
    private readonly TimeProvider _time;
    private readonly ILogger<PackageTransport> _logger;
    private readonly HttpMessageInvoker _http;
    private readonly SemaphoreSlim _transfers;

    /// <exception cref="ManagerOptionsException">The certificate authorities cannot be read.</exception>
    public PackageTransport(PackageSourceOptions options, TimeProvider time, ILogger<PackageTransport> logger)
    {
        (_options, _time, _logger) = (options, time, logger);

        // As they stand in a URL: without the port that goes without saying.
        _insecure = new(options.InsecureHosts.Select(host => new Uri($"http://{host}/").Authority), StringComparer.OrdinalIgnoreCase);
        _transfers = new(options.Transfers);
        _http = new(new SocketsHttpHandler
        {
            // Followed here, where it is known what may go along.
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = options.ConnectTimeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            MaxResponseHeadersLength = 64,
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = options.AuthorityFile is { } file ? TrustAlso(file) : null },
        });
    }

    /// <summary>Waits for one of the places of files that are on their way at once; disposed, it is free again.</summary>
    public async Task<IDisposable> EnterTransferAsync(CancellationToken cancellationToken)
    {
        await _transfers.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new Place(_transfers);
    }

    /// <summary>Makes an attempt again while it fails for a transient reason.</summary>
    /// <exception cref="PackageSourceException">What the last attempt failed of.</exception>
    public async Task<T> RetryAsync<T>(Func<CancellationToken, Task<T>> attempt, CancellationToken cancellationToken)
    {
        for (var made = 1; ; made++)
        {
            TimeSpan wait;
            try
            {
                return await attempt(cancellationToken).ConfigureAwait(false);
            }
            catch (PackageSourceException exception) when (exception.IsTransient && made < _options.Attempts && WaitAfter(made, exception) is { } next)
            {
                Log.Again(_logger, made, _options.Attempts, next, exception.Message);
                wait = next;
            }

            await Task.Delay(wait, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>One request and the headers of its answer, whatever its status says; but redirects of what only asks are followed.</summary>
    /// <param name="request">Its content is sent once.</param>
    /// <param name="subject">What it is about.</param>
    /// <param name="asked">Who said that this is to be asked, if that was not the reference.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="PackageSourceException">No answer, or one that leads where nobody may go.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, Subject subject, Uri? asked, CancellationToken cancellationToken)
    {
        asked ??= request.RequestUri!;
        for (var redirects = 0; ; redirects++)
        {
            var address = request.RequestUri!;
            Permit(address, subject, asked);
            var response = await SendOnceAsync(request, subject, asked, cancellationToken).ConfigureAwait(false);
            if (!(request.Method == HttpMethod.Get || request.Method == HttpMethod.Head) || response.Headers.Location is not { } location || !IsRedirect(response.StatusCode))
            {
                return response;
            }

            response.Dispose();
            if (redirects == MaxRedirects)
            {
                throw subject.Fail(PackageProblem.AnswerInvalid, $"it was redirected more than {MaxRedirects} times: the server is not set up as it should");
            }

            var next = new HttpRequestMessage(request.Method, Resolve(address, location, subject));
            foreach (var (name, values) in request.Headers.NonValidated)
            {
                if (name != "Authorization" || IsSameServer(next.RequestUri!, address))
                {
                    next.Headers.TryAddWithoutValidation(name, values);
                }
            }

            request = next;
        }
    }

    /// <summary>Where an answer leads to.</summary>
    /// <exception cref="PackageSourceException">Nowhere.</exception>
    public static Uri Resolve(Uri address, Uri location, Subject subject)
        => Uri.TryCreate(address, location, out var next) && next.Host.Length > 0
            ? next
            : throw subject.Fail(PackageProblem.AnswerInvalid, $"the server at '{address.Authority}' led to an address that is none: it is not set up as it should");

    /// <summary>Whether credentials for one address are meant for the other, too.</summary>
    public static bool IsSameServer(Uri one, Uri other) => one.Scheme == other.Scheme && one.Host == other.Host && one.Port == other.Port;

    /// <summary>The address of a host, with TLS unless it was named as insecure.</summary>
    public Uri AddressOf(string host) => new Uri($"http://{host}/") is var plain && _insecure.Contains(plain.Authority) ? plain : new($"https://{host}/");

    /// <summary>Throws what an answer's status means, unless it is one of those that are expected.</summary>
    /// <exception cref="PackageSourceException">It is none of them.</exception>
    public async Task ExpectAsync(HttpResponseMessage response, Subject subject, CancellationToken cancellationToken, params HttpStatusCode[] expected)
    {
        if (expected.Contains(response.StatusCode))
        {
            return;
        }

        var status = (int)response.StatusCode;
        var codes = RegistryErrorCodes.In(await ReadSomeAsync(response.Content, RegistryErrorCodes.MaxBytes, subject, cancellationToken).ConfigureAwait(false));
        var said = codes.Length == 0 ? $"status {status}" : $"status {status}, {codes}";
        var from = response.RequestMessage?.RequestUri?.Authority is { } authority && authority != subject.CredentialHost ? $" by '{authority}'" : "";
        throw status switch
        {
            401 => subject.Unauthorized(),
            403 => subject.Forbidden(),
            404 or 410 => subject.Fail(PackageProblem.NotFound, $"there is no such thing{from} ({said}): see that the reference is right, and that it was pushed and not deleted"),
            429 => subject.Fail(PackageProblem.Unavailable, $"too many requests{from} ({said}){AskedWait(response)}: it is tried again later", retryAfter: RetryAfterOf(response)),
            408 or >= 500 => subject.Fail(PackageProblem.Unavailable, $"the server failed{from} ({said}){AskedWait(response)}: it is tried again later; see the server's log", retryAfter: RetryAfterOf(response)),
            _ => subject.Fail(PackageProblem.AnswerInvalid, $"an answer that was not expected{from} ({said}): see that this is the server that was meant, and its log"),
        };
    }

    /// <summary>Hands an answer's bytes on as they come.</summary>
    /// <exception cref="PackageSourceException">The answer broke off.</exception>
    public async Task CopyAsync(HttpContent content, Func<ReadOnlyMemory<byte>, CancellationToken, Task> sink, Subject subject, CancellationToken cancellationToken)
    {
        using var whole = new CancellationTokenSource(_options.TransferTimeout, _time);
        using var stall = new CancellationTokenSource(_options.StallTimeout, _time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stall.Token, whole.Token);
        var buffer = new byte[CopyBytes];
        var stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using var closing = stream.ConfigureAwait(false);
        while (true)
        {
            int read;
            try
            {
                stall.CancelAfter(_options.StallTimeout);
                read = await stream.ReadAsync(buffer, ending.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
            {
                throw whole.IsCancellationRequested
                    ? subject.Fail(PackageProblem.Unreachable, $"it took longer than {_options.TransferTimeout.TotalSeconds:0.#} s: see the network between the manager and the server", exception)
                    : subject.Fail(PackageProblem.Unreachable, $"nothing came for {_options.StallTimeout.TotalSeconds:0.#} s: see the network between the manager and the server", exception);
            }
            catch (Exception exception) when (exception is IOException or HttpRequestException)
            {
                throw subject.Fail(PackageProblem.Unreachable, $"the answer broke off ({Innermost(exception)}): it is tried again later", exception);
            }

            if (read == 0)
            {
                return;
            }

            await sink(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A small answer as a whole.</summary>
    /// <returns>Null: it is larger.</returns>
    /// <exception cref="PackageSourceException">The answer broke off.</exception>
    public async Task<byte[]?> ReadAllAsync(HttpContent content, int limit, Subject subject, CancellationToken cancellationToken)
    {
        if (content.Headers.ContentLength > limit)
        {
            return null;
        }

        var bytes = await ReadSomeAsync(content, limit + 1, subject, cancellationToken).ConfigureAwait(false);
        return bytes.Length > limit ? null : bytes;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _http.Dispose();
        _transfers.Dispose();
    }

    private static bool IsRedirect(HttpStatusCode status)
        => status is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;

    private static string Innermost(Exception exception) => Visible.Of(exception.GetBaseException().Message.TrimEnd('.'));

    /// <summary>The system's authorities and those of a file.</summary>
    private static X509ChainPolicy TrustAlso(string file)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        try
        {
            foreach (var location in (StoreLocation[])[StoreLocation.LocalMachine, StoreLocation.CurrentUser])
            {
                using var system = new X509Store(StoreName.Root, location);
                system.Open(OpenFlags.ReadOnly);
                policy.CustomTrustStore.AddRange(system.Certificates);
            }

            policy.CustomTrustStore.ImportFromPemFile(file);
            return policy;
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new ManagerOptionsException($"the certificate authorities in '{file}' cannot be read: {exception.Message}");
        }
    }

    /// <summary>Reads up to a number of bytes, and leaves the rest.</summary>
    private async Task<byte[]> ReadSomeAsync(HttpContent content, int limit, Subject subject, CancellationToken cancellationToken)
    {
        using var bytes = new MemoryStream();
        try
        {
            await CopyAsync(
                content,
                (part, _) =>
                {
                    bytes.Write(part.Span[..Math.Min(part.Length, limit - (int)bytes.Length)]);
                    return bytes.Length == limit ? throw new EnoughException() : Task.CompletedTask;
                },
                subject,
                cancellationToken).ConfigureAwait(false);
        }
        catch (EnoughException)
        {
            // The connection is closed with what was not read.
        }

        return bytes.ToArray();
    }

    private async Task<HttpResponseMessage> SendOnceAsync(HttpRequestMessage request, Subject subject, Uri asked, CancellationToken cancellationToken)
    {
        request.Headers.UserAgent.Clear();
        request.Headers.UserAgent.Add(Product);
        var patience = request.Content is null ? _options.StallTimeout : _options.TransferTimeout;
        using var timeout = new CancellationTokenSource(patience, _time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        var host = request.RequestUri!.Authority;
        var led = IsSameServer(request.RequestUri, asked) ? "" : $"the server at '{asked.Authority}' led to '{host}', and there ";
        try
        {
            return await _http.SendAsync(request, ending.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw subject.Fail(
                PackageProblem.Unreachable,
                timeout.IsCancellationRequested
                    ? $"{led}no answer came within {patience.TotalSeconds:0.#} s: see that the server works"
                    : $"{led}no connection was made within {_options.ConnectTimeout.TotalSeconds:0.#} s: see that the address is right and that the manager may reach it",
                exception);
        }
        catch (HttpRequestException exception)
        {
            throw exception.HttpRequestError switch
            {
                HttpRequestError.NameResolutionError => subject.Fail(
                    PackageProblem.Unreachable, $"{led}the host name '{request.RequestUri.Host}' is not known ({Innermost(exception)}): see that it is right, and the manager's DNS", exception),
                HttpRequestError.SecureConnectionError when exception.InnerException is AuthenticationException => subject.Fail(
                    PackageProblem.Untrusted,
                    $"{led}TLS failed ({Innermost(exception)}): a server of an own authority needs that authority's certificate in the manager's authority file; one without TLS must be among the insecure hosts",
                    exception),
                HttpRequestError.ConfigurationLimitExceeded => subject.Fail(
                    PackageProblem.AnswerInvalid, $"{led}the answer's headers are too large: see that this is the server that was meant", exception),
                HttpRequestError.InvalidResponse => subject.Fail(
                    PackageProblem.AnswerInvalid, $"{led}the answer is no HTTP ({Innermost(exception)}): see that this is the server and port that were meant", exception),
                _ => subject.Fail(
                    PackageProblem.Unreachable, $"{led}the connection failed ({Innermost(exception)}): see that the server works and that the manager may reach it", exception),
            };
        }
    }

    /// <summary>Whether an address may be spoken to: by TLS, or it was named as insecure.</summary>
    /// <param name="address">What is to be asked.</param>
    /// <param name="subject">What it is about.</param>
    /// <param name="asked">What was asked first.</param>
    /// <exception cref="PackageSourceException">It may not.</exception>
    private void Permit(Uri address, Subject subject, Uri asked)
    {
        if (!address.IsAbsoluteUri || !(address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && _insecure.Contains(address.Authority))))
        {
            var led = address.IsAbsoluteUri && IsSameServer(address, asked) ? "" : $"the server at '{asked.Authority}' led to ";
            throw subject.Fail(
                PackageProblem.AnswerInvalid,
                address is { IsAbsoluteUri: true, Scheme: "http" }
                    ? $"{led}'http://{address.Authority}', without TLS: {(led.Length > 0 ? "its external address should begin with https, or " : "use https, or ")}'{address.Authority}' must be among the insecure hosts"
                    : $"{led}an address that is neither https nor http: the server is not set up as it should");
        }
    }

    private TimeSpan? WaitAfter(int made, PackageSourceException exception)
    {
        if (exception.RetryAfter is { } asked)
        {
            return asked <= _options.MaxBackOff ? asked : null;
        }

        var longest = Math.Min(_options.BackOff.Ticks << Math.Min(made - 1, 20), _options.MaxBackOff.Ticks);
        return TimeSpan.FromTicks((longest / 2) + (long)(longest / 2 * Random.Shared.NextDouble()));
    }

    private TimeSpan? RetryAfterOf(HttpResponseMessage response)
    {
        var wait = response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - _time.GetUtcNow(),
            _ => (TimeSpan?)null,
        };
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }

    private string AskedWait(HttpResponseMessage response)
        => RetryAfterOf(response) is { } wait ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $", not before {Math.Ceiling(wait.TotalSeconds)} s") : "";

    private sealed class Place(SemaphoreSlim transfers) : IDisposable
    {
        public void Dispose() => transfers.Release();
    }

    private sealed class EnoughException : Exception;

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Attempt {Made} of {Attempts} failed, the next is in {Wait}: {Message}", EventName = "Again")]
        public static partial void Again(ILogger logger, int made, int attempts, TimeSpan wait, string message);
    }
}
