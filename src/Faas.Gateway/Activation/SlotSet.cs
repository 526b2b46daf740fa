namespace Faas.Gateway.Activation;

/// <summary>
/// The instances of a gate and their slots: which are free, lowest position first, so that load packs onto few instances and the tail goes idle.
/// Belongs to the lock of its gate.
/// </summary>
internal sealed class SlotSet
{
    private readonly List<Instance?> _instances = [];
    private FreeSet _free = new();

    /// <summary>Instances, whatever their state.</summary>
    public int Instances { get; private set; }

    /// <summary>Slots in use, and what was sent ahead.</summary>
    public int InUse { get; private set; }

    /// <summary>Invocations that wait at an instance for one of its slots.</summary>
    public int Ahead { get; private set; }

    /// <summary>Invocations that were ever sent ahead.</summary>
    public long SentAhead { get; private set; }

    /// <summary>Slots of the instances that take invocations, free or in use.</summary>
    public int Open
    {
        get
        {
            var slots = 0;
            foreach (var instance in _instances)
            {
                slots += instance is { State: InstanceState.Ready } ? instance.Slots : 0;
            }

            return slots;
        }
    }

    /// <summary>Adds an instance with all its slots free.</summary>
    public void Add(Instance instance)
    {
        var position = _instances.IndexOf(null);
        if (position < 0)
        {
            position = _instances.Count;
            _instances.Add(null);
        }

        _instances[position] = instance;
        instance.Position = position;
        Instances++;
        if (instance.State == InstanceState.Ready)
        {
            _free.Add(position);
        }
    }

    /// <summary>Takes a free slot; null when there is none. Nothing goes ahead behind what may not go ahead itself: it is long, or may be.</summary>
    public Instance? Take(bool mayGoAhead)
    {
        var position = _free.Lowest();
        if (position < 0)
        {
            return null;
        }

        var instance = _instances[position]!;
        instance.IsHeldUp |= !mayGoAhead;
        instance.Taken++;
        InUse++;
        if (++instance.InUse >= instance.Slots)
        {
            _free.Remove(position);
        }

        return instance;
    }

    /// <summary>
    /// A place behind what runs on an instance of one slot, where the fewest wait and <paramref name="countMax"/> at most; null when there is none. To be called only where no slot is free.
    /// </summary>
    public Instance? TakeAhead(int countMax)
    {
        if (countMax == 0)
        {
            return null;
        }

        Instance? best = null;
        foreach (var instance in _instances)
        {
            if (instance is { State: InstanceState.Ready, Slots: 1, IsHeldUp: false } && instance.InUse < 1 + countMax && (best is null || instance.InUse < best.InUse))
            {
                best = instance;
            }
        }

        return best is null ? null : GoAhead(best);
    }

    /// <summary>
    /// A place behind what runs on an instance before the first free one, the lowest where fewer than <paramref name="countMax"/> wait; null when there is none. Only for functions so
    /// quick that waiting there costs no more than waking another one: the later ones go idle so, which <see cref="TakeAhead"/>, to which all are equal, keeps in use for ever.
    /// </summary>
    public Instance? TakePacked(int countMax)
    {
        if (countMax == 0)
        {
            return null;
        }

        var free = _free.Lowest();
        var end = free < 0 ? _instances.Count : free;
        for (var position = 0; position < end; position++)
        {
            if (_instances[position] is { State: InstanceState.Ready, Slots: 1, IsHeldUp: false } instance && instance.InUse < 1 + countMax)
            {
                return GoAhead(instance);
            }
        }

        return null;
    }

    /// <summary>Gives a slot back. Only an instance that takes invocations offers it again.</summary>
    public void Return(Instance instance)
    {
        Ahead -= instance.InUse > instance.Slots ? 1 : 0;
        instance.InUse--;
        InUse--;
        Offer(instance);
    }

    /// <summary>The instance takes invocations, if its state says so and a slot is free.</summary>
    public void Offer(Instance instance)
    {
        if (instance.State == InstanceState.Ready && instance.InUse < instance.Slots)
        {
            _free.Add(instance.Position);
        }
    }

    /// <summary>The instance goes into a state in which it takes no invocations.</summary>
    public void Withhold(Instance instance, InstanceState state)
    {
        instance.State = state;
        if (instance.Position >= 0)
        {
            _free.Remove(instance.Position);
        }
    }

    /// <summary>The instance is not this gate's any more. What runs on it still counts until it is given back.</summary>
    public void Remove(Instance instance)
    {
        Withhold(instance, InstanceState.Removed);
        if (instance.Position >= 0)
        {
            _instances[instance.Position] = null;
            instance.Position = -1;
            Instances--;
        }
    }

    private Instance GoAhead(Instance instance)
    {
        instance.Taken++;
        instance.InUse++;
        InUse++;
        Ahead++;
        SentAhead++;
        return instance;
    }
}
