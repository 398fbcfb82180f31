using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Threading.Channels;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PodPool.Contracts.V1;
using PodPool.Contracts.Wire;
using PodPool.Ports;

namespace PodPool.DaprProxy.Tests.Whole;

/// <summary>A manager as a door sees one. What the test says of functions and instances, every door is told.</summary>
internal sealed class TestManager : Doors.DoorsBase, IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<FunctionName, DoorFunction> _functions = [];
    private readonly Dictionary<string, DoorInstance> _instances = [];
    private readonly List<Channel<DoorUpdate>> _doors = [];
    private readonly int _port = FreePorts.Next();
    private readonly ECDsa _signer = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private WebApplication? _server;
    private ulong _version;
    private int _pods;

    public string Address => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_port}");

    /// <summary>What doors said of themselves.</summary>
    public ConcurrentQueue<DoorHello> Hellos { get; } = new();

    /// <summary>What the doors said of their use.</summary>
    public ConcurrentQueue<DoorHealth> Healths { get; } = new();

    public bool IsFollowed
    {
        get
        {
            lock (_gate)
            {
                return _doors.Count > 0;
            }
        }
    }

    public async Task StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrel(options => options.Listen(IPAddress.Loopback, _port, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(this);
        _server = builder.Build();
        _server.MapGrpcService<TestManager>();
        await _server.StartAsync(CancellationToken.None);
    }

    /// <summary>Gone at once. It knows everything when it comes back.</summary>
    public async Task KillAsync()
    {
        await _server!.StopAsync(new CancellationToken(canceled: true));
        await _server.DisposeAsync();
        _server = null;
    }

    /// <summary>A function is there, or is another from now on.</summary>
    public void Function(string name, DaprAccess? access, string @namespace = "shop")
    {
        var function = new DoorFunction { Function = new() { Namespace = @namespace, Name = name }, Access = access };
        lock (_gate)
        {
            _functions[function.Function] = function;
            Tell(new() { Functions = { function } });
        }
    }

    /// <summary>A function is there no more.</summary>
    public void Remove(string name, string @namespace = "shop")
    {
        var function = new FunctionName { Namespace = @namespace, Name = name };
        lock (_gate)
        {
            _functions.Remove(function);
            Tell(new() { Removed = { function } });
        }
    }

    /// <summary>An instance of a function is claimed.</summary>
    /// <returns>Its token, which says that it was given just now.</returns>
    public string Instance(string function, string @namespace = "shop", string address = "127.0.0.1") => Claim(function, @namespace, address).Token;

    public (string Id, string Token) Claim(string function, string @namespace = "shop", string address = "127.0.0.1")
    {
        lock (_gate)
        {
            var instance = new DoorInstance
            {
                Id = string.Create(CultureInfo.InvariantCulture, $"pod-{++_pods}"), Function = new() { Namespace = @namespace, Name = function }, Revision = "r1", Address = address,
            };
            _instances[instance.Id] = instance;
            Tell(new() { Instances = { instance } });
            return (instance.Id, TokenOf(instance));
        }
    }

    /// <summary>An instance moved, or its address is known by now.</summary>
    public void Move(string id, string address)
    {
        lock (_gate)
        {
            var instance = _instances[id].Clone();
            instance.Address = address;
            _instances[id] = instance;
            Tell(new() { Instances = { instance } });
        }
    }

    /// <summary>An instance ended.</summary>
    public void Gone(string id)
    {
        lock (_gate)
        {
            _instances.Remove(id);
            Tell(new() { Gone = { id } });
        }
    }

    public string TokenOf(string id, DateTimeOffset? expires = null, ECDsa? signer = null)
    {
        lock (_gate)
        {
            return TokenOf(_instances[id], expires, signer);
        }
    }

    public override async Task Connect(IAsyncStreamReader<DoorMessage> requestStream, IServerStreamWriter<DoorUpdate> responseStream, ServerCallContext context)
    {
        await requestStream.MoveNext(context.CancellationToken);
        Hellos.Enqueue(requestStream.Current.Hello);
        var updates = Channel.CreateUnbounded<DoorUpdate>();
        lock (_gate)
        {
            updates.Writer.TryWrite(new()
            {
                Version = ++_version, Snapshot = true, Epoch = 1, TokenKey = ByteString.CopyFrom(_signer.ExportSubjectPublicKeyInfo()),
                Functions = { _functions.Values }, Instances = { _instances.Values },
            });
            _doors.Add(updates);
        }

        try
        {
            var reading = ReadAsync(requestStream, context.CancellationToken);
            await foreach (var update in updates.Reader.ReadAllAsync(context.CancellationToken))
            {
                await responseStream.WriteAsync(update, context.CancellationToken);
            }

            await reading;
        }
        finally
        {
            lock (_gate)
            {
                _doors.Remove(updates);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await KillAsync();
        }

        _signer.Dispose();
    }

    private async Task ReadAsync(IAsyncStreamReader<DoorMessage> messages, CancellationToken cancellationToken)
    {
        while (await messages.MoveNext(cancellationToken))
        {
            Healths.Enqueue(messages.Current.Health);
        }
    }

    private void Tell(DoorUpdate update)
    {
        (update.Version, update.Epoch) = (++_version, 1);
        _doors.ForEach(door => door.Writer.TryWrite(update.Clone()));
    }

    private string TokenOf(DoorInstance instance, DateTimeOffset? expires = null, ECDsa? signer = null) => DaprTokens.Write(
        new()
        {
            Namespace = instance.Function.Namespace, Function = instance.Function.Name, Revision = instance.Revision, PodId = instance.Id,
            IssuedAt = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow()),
            ExpiresAt = Timestamp.FromDateTimeOffset(expires ?? TimeProvider.System.GetUtcNow().AddHours(1)),
        },
        bytes => (signer ?? _signer).SignData(bytes, HashAlgorithmName.SHA256));
}
