using System.ComponentModel.DataAnnotations;

namespace PodPool.Following;

/// <summary>Where managers are, and who we are to them.</summary>
/// <param name="Manager">One or more addresses: <see cref="ManagerAddress.ParseAll"/> reads them.</param>
/// <param name="ManagerCertificate">The folder with what is shown to managers, and with whom to believe; null: no TLS is spoken.</param>
/// <param name="ConnectTimeout">How long a manager may take to accept a connection.</param>
internal sealed record ManagerSettings(string Manager, string? ManagerCertificate, TimeSpan ConnectTimeout)
{
    /// <summary>Checks everything.</summary>
    /// <exception cref="ValidationException">Something is outside what is allowed; the message says what, and what is.</exception>
    public void Validate()
    {
        IReadOnlyList<ManagerAddress> addresses;
        try
        {
            addresses = ManagerAddress.ParseAll(Manager);
        }
        catch (FormatException exception)
        {
            throw new ValidationException($"{nameof(Manager)}: {exception.Message}", exception);
        }

        // TLS is meant by both or by none: a slip in either must not end in somebody who believes anybody.
        if (addresses.FirstOrDefault(address => address.Tls != (ManagerCertificate is not null)) is { } address)
        {
            throw new ValidationException(address.Tls
                ? $"{nameof(Manager)}: '{address.Text}' is https, and {nameof(ManagerCertificate)} is not set: name the folder of the certificate that is shown there"
                : $"{nameof(ManagerCertificate)} is set, and {nameof(Manager)} '{address.Text}' is not https: write https://name:port, or leave the certificate out");
        }
    }
}
