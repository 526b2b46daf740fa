using System.Threading.Channels;
using Faas.Link;
using Faas.Simulation.Running;

namespace Faas.Simulation.Parts;

/// <summary>One connection from a gateway to a controller: order is kept in each direction, and that is all that can be relied on.</summary>
internal sealed class Connection
{
    private readonly World _world;
    private readonly Chance _chance;
    private readonly GatewayBoot _gateway;
    private readonly ControllerBoot _controller;
    private Channel<ControllerMessage>? _fromController;
    private bool _isCut;
    private bool _isDeaf;
    private bool _hasGatewayLeft;
    private bool _hasControllerLeft;
    private bool _wasUp;
    private TimeSpan _writerBusyUntil;
    private TimeSpan _lastToController;
    private TimeSpan _lastToGateway;

    /// <summary>The gateway dials.</summary>
    public Connection(World world, GatewayBoot gateway, ControllerBoot controller)
    {
        (_world, _gateway, _controller, _chance) = (world, gateway, controller, world.Chance.Split());
        world.Trace.Note("dials", gateway.Name, controller.Name);
        gateway.Outbox.Open();
        ToController(() =>
        {
            world.Trace.Note("connects", gateway.Name, controller.Name);
            _fromController = controller.Parts.Link.Connect("1");
        });
    }

    /// <summary>Whether both ends still use it.</summary>
    public bool IsWhole => !_isCut;

    /// <summary>Sends what both sides have ready.</summary>
    public void Pump()
    {
        while (!_hasGatewayLeft && _world.Time.Now >= _writerBusyUntil && _gateway.Outbox.TryTake() is { } message)
        {
            if (_isCut || _world.Sabotaged(message) is not { } sent)
            {
                continue;   // written to a connection that is dead already
            }

            ToController(() => _controller.Apply(sent));
            if (_chance.OneIn(8))
            {
                var busy = _chance.Span(0.1, 2);
                _writerBusyUntil = _world.Time.Now + busy;
                _world.Time.After(busy, static () => { });   // so that there is a step to go on at
            }
        }

        while (_fromController is { } channel && !_hasControllerLeft && channel.Reader.TryRead(out var message))
        {
            if (!_isCut && _world.Sabotaged(message) is { } sent)
            {
                ToGateway(sent);
            }
        }

        if (_fromController is { Reader.Completion.IsCompleted: true })
        {
            Cut();   // another connection has taken its place, and the controller ends this one
        }
    }

    /// <summary>It breaks. Each end notices in its own time, and until then applies what was under way, or nothing more.</summary>
    public void Cut()
    {
        if (_isCut)
        {
            return;
        }

        _isCut = true;
        _isDeaf = _chance.OneIn(2);
        _world.Trace.Note("link breaks", _gateway.Name, _isDeaf ? "nothing more arrives" : "what is under way arrives");
        _world.Time.After(_chance.Span(0.1, 300), GatewayLeaves);
        _world.Time.After(_chance.Span(0.1, 300), ControllerLeaves);
    }

    private void GatewayLeaves()
    {
        _hasGatewayLeft = true;
        if (_gateway.IsOver)
        {
            return;
        }

        _gateway.Outbox.Close();
        _gateway.Picture.End();
        if (_wasUp)
        {
            _gateway.Health.Down();
        }

        _world.DialLater(_gateway);
    }

    private void ControllerLeaves()
    {
        if (_fromController is { } channel && !_controller.IsOver)
        {
            _controller.Parts.Link.Disconnect(channel);
        }

        _hasControllerLeft = true;
    }

    private void ToController(Action deliver) => Send(ref _lastToController, () =>
    {
        if (!(_isCut && _isDeaf) && !_hasControllerLeft && !_controller.IsOver)
        {
            deliver();
        }
    });

    private void ToGateway(ControllerMessage message) => Send(ref _lastToGateway, () =>
    {
        if ((_isCut && _isDeaf) || _hasGatewayLeft || _gateway.IsOver)
        {
            return;
        }

        if (!_wasUp)
        {
            _wasUp = true;
            _gateway.Picture.Begin();
            _gateway.Health.Up();
        }

        _gateway.Picture.Apply(message);
    });

    private void Send(ref TimeSpan last, Action deliver)
    {
        var isStuck = _world.AreFaultsOn && _chance.OneIn(_world.Plan.StallOneIn);
        var at = _world.Time.Now + (isStuck ? _chance.Span(20, 2000) : _chance.Span(0.05, _world.AreFaultsOn ? _world.Plan.LinkMsMax : 1));
        last = at > last ? at : last;
        _world.Time.After(last - _world.Time.Now, deliver);
    }
}
