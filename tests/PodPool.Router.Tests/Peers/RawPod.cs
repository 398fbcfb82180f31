using System.Net.Sockets;
using System.Text;
using PodPool.Contracts.Wire;

namespace PodPool.Router.Tests.Peers;

/// <summary>A peer that reads the head of each request and then does what no server would.</summary>
internal sealed class RawPod : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _accepting;

    public RawPod(string address, Func<NetworkStream, int, Task> behave)
    {
        Address = address;
        _listener.Bind(PodAddress.Parse(address));
        _listener.Listen(16);
        _accepting = AcceptAsync(behave);
    }

    public string Address { get; }

    /// <summary>The heads of the requests that arrived.</summary>
    public Events<string> Heads { get; } = new();

    public Contracts.V1.Instance Wire => new() { Id = "raw", Address = Address, Revision = "r1" };

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _listener.Dispose();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
    }

    private async Task AcceptAsync(Func<NetworkStream, int, Task> behave)
    {
        while (true)
        {
            var socket = await _listener.AcceptAsync(_ending.Token);
            _ = TalkAsync(socket, behave);
        }
    }

    private async Task TalkAsync(Socket socket, Func<NetworkStream, int, Task> behave)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        var head = new StringBuilder();
        var one = new byte[1];
        for (var requests = 1; ;)
        {
            if (await stream.ReadAsync(one, _ending.Token) == 0)
            {
                return;
            }

            head.Append((char)one[0]);
            if (head is [.., '\r', '\n', '\r', '\n'])
            {
                Heads.Add(head.ToString());
                head.Clear();
                await behave(stream, requests++);
                if (!stream.CanWrite)
                {
                    return;
                }
            }
        }
    }
}
