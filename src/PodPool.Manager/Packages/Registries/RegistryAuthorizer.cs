using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using PodPool.Manager.Packages.Transport;

namespace PodPool.Manager.Packages.Registries;

/// <summary>
/// Answers registries' challenges: basic, or a bearer token from where the challenge says (the token flow of the distribution project).
/// Tokens are kept until they expire, for the same registry, scope and credential only: what one secret opens, another must not.
/// </summary>
internal sealed class RegistryAuthorizer(PackageTransport transport, TimeProvider time)
{
    private const int MaxKept = 1000;
    private const int MaxTokenAnswer = 256 << 10;
    private const int MaxTokenLength = 32 << 10;

    // What the token flow says a token lives when its answer does not.
    private static readonly TimeSpan UsualLife = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LongestLife = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<Key, Kept> _kept = [];

    /// <summary>What worked lately; null: nothing did.</summary>
    public AuthenticationHeaderValue? Find(Key key)
    {
        lock (_gate)
        {
            return _kept.TryGetValue(key, out var kept) && kept.Until > time.GetUtcNow() ? kept.Header : null;
        }
    }

    /// <summary>What did work was refused.</summary>
    public void Forget(Key key)
    {
        lock (_gate)
        {
            _kept.Remove(key);
        }
    }

    /// <summary>Does what a challenge asks for.</summary>
    /// <param name="key">Who asks what.</param>
    /// <param name="refusal">The answer with status 401.</param>
    /// <param name="subject">What it is about.</param>
    /// <exception cref="PackageSourceException">It cannot be done.</exception>
    public async Task<AuthenticationHeaderValue> AnswerAsync(Key key, HttpResponseMessage refusal, Subject subject, CancellationToken cancellationToken)
    {
        var challenges = Challenge.Parse(refusal.Headers.NonValidated.TryGetValues("WWW-Authenticate", out var values) ? values : []);
        if (challenges.Find(challenge => challenge.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase)) is { } bearer)
        {
            return await FetchTokenAsync(key, bearer, subject, cancellationToken).ConfigureAwait(false);
        }

        if (key.Credential is null)
        {
            throw subject.Unauthorized();
        }

        if (challenges.Exists(challenge => challenge.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase)))
        {
            return Keep(key, new("Basic", key.Credential.Basic), LongestLife);
        }

        var schemes = challenges.Count == 0 ? "none" : Visible.Of(string.Join(", ", challenges.Select(challenge => challenge.Scheme)));
        throw subject.Fail(PackageProblem.AnswerInvalid, $"the registry wants credentials in a way that is not supported (it names: {schemes}); Basic and Bearer are");
    }

    private async Task<AuthenticationHeaderValue> FetchTokenAsync(Key key, Challenge challenge, Subject subject, CancellationToken cancellationToken)
    {
        if (!challenge.Parameters.TryGetValue("realm", out var realm) || !Uri.TryCreate(realm, UriKind.Absolute, out var address))
        {
            throw subject.Fail(PackageProblem.AnswerInvalid, "the registry wants a token and does not say from where: its configuration ('realm') is wrong");
        }

        var query = address.Query.TrimStart('?');
        if (challenge.Parameters.TryGetValue("service", out var service))
        {
            query += $"&service={Uri.EscapeDataString(service)}";
        }

        query += $"&scope={Uri.EscapeDataString(challenge.Parameters.GetValueOrDefault("scope", key.Scope))}";
        using var request = new HttpRequestMessage(HttpMethod.Get, new UriBuilder(address) { Query = query.TrimStart('&'), UserName = "", Password = "" }.Uri);
        if (key.Credential is { } credential)
        {
            request.Headers.Authorization = new("Basic", credential.Basic);
        }

        var of = subject with { What = $"{subject.What}: a token for it from '{address.Authority}'" };
        using var response = await transport.SendAsync(request, of, transport.AddressOf(key.Host), cancellationToken).ConfigureAwait(false);
        await transport.ExpectAsync(response, of, cancellationToken, HttpStatusCode.OK).ConfigureAwait(false);
        var answer = await transport.ReadAllAsync(response.Content, MaxTokenAnswer, of, cancellationToken).ConfigureAwait(false);
        var (token, life) = ReadToken(answer, of);
        return Keep(key, new("Bearer", token), life);
    }

    private static (string Token, TimeSpan Life) ReadToken(byte[]? answer, Subject subject)
    {
        try
        {
            using var document = JsonDocument.Parse(answer ?? []);
            var root = document.RootElement;
            var token = TextOf("token") ?? TextOf("access_token");
            if (token is { Length: > 0 and <= MaxTokenLength } && token.All(character => character is > ' ' and < '\x7f'))
            {
                var life = root.TryGetProperty("expires_in", out var number) && number.ValueKind == JsonValueKind.Number && number.TryGetInt32(out var seconds) && seconds > 0
                    ? TimeSpan.FromSeconds(seconds)
                    : UsualLife;
                return (token, life < LongestLife ? life : LongestLife);
            }

            string? TextOf(string name) => root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // As with one that has no token.
        }

        throw subject.Fail(PackageProblem.AnswerInvalid, "the answer holds no token: see that the registry's token server is the one that was meant");
    }

    private AuthenticationHeaderValue Keep(Key key, AuthenticationHeaderValue header, TimeSpan life)
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            if (_kept.Count >= MaxKept)
            {
                foreach (var old in _kept.Where(kept => kept.Value.Until <= now).Select(kept => kept.Key).ToList())
                {
                    _kept.Remove(old);
                }

                // All of them still good: they can be had again.
                if (_kept.Count >= MaxKept)
                {
                    _kept.Clear();
                }
            }

            // A tenth less: it has to be good when the registry reads it.
            _kept[key] = new(header, now + (life * 0.9));
        }

        return header;
    }

    /// <summary>Who asks what.</summary>
    internal sealed record Key(string Host, string Scope, RegistryCredential? Credential);

    private sealed record Kept(AuthenticationHeaderValue Header, DateTimeOffset Until);
}
