using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace PodPool.Core;

/// <summary>
/// The warm pods, and which of them to take: one that holds the package's files, on the node that has the most of such; if none
/// holds them, one on the node with the most warm pods. O(1), however large the pool. A function that uses Dapr gets one on a node whose door to it is
/// open, if there is any: O(nodes) at worst, with most doors shut.
/// </summary>
internal sealed class WarmSet
{
    private readonly NodeBuckets _all = new();
    private readonly Dictionary<string, NodeBuckets> _holders = [];

    public int Count => _all.Count;

    /// <summary>The nodes whose door to Dapr is open.</summary>
    public IReadOnlySet<string> OpenDoors { get; set; } = FrozenSet<string>.Empty;

    /// <summary>The pod to take for a function.</summary>
    public bool TryPick(FunctionSpec function, [NotNullWhen(true)] out Pod? pod)
    {
        var holders = _holders.GetValueOrDefault(function.PackageDigest);
        pod = function.UsesDapr && OpenDoors.Count > 0 ? holders?.FullestOf(OpenDoors) ?? _all.FullestOf(OpenDoors) : null;
        pod ??= (holders ?? _all).Fullest;
        return pod is not null;
    }

    /// <summary>The pod to do without.</summary>
    public bool TryPickSpare([NotNullWhen(true)] out Pod? pod)
    {
        pod = _all.Fullest;
        return pod is not null;
    }

    public void Add(Pod pod)
    {
        var places = new LinkedListNode<Pod>[1 + pod.HeldPackages.Count];
        places[0] = _all.Add(pod);
        for (var i = 1; i < places.Length; i++)
        {
            var package = pod.HeldPackages[i - 1];
            if (!_holders.TryGetValue(package, out var holders))
            {
                _holders.Add(package, holders = new NodeBuckets());
            }

            places[i] = holders.Add(pod);
        }

        pod.WarmPlaces = places;
    }

    public void Remove(Pod pod)
    {
        _all.Remove(pod.WarmPlaces[0]);
        for (var i = 1; i < pod.WarmPlaces.Length; i++)
        {
            var package = pod.HeldPackages[i - 1];
            var holders = _holders[package];
            holders.Remove(pod.WarmPlaces[i]);
            if (holders.Count == 0)
            {
                _holders.Remove(package);
            }
        }

        pod.WarmPlaces = [];
    }

    /// <summary>
    /// Pods by node, nodes by how many they have. A count changes by one, so a node moves to the neighbouring bucket and the
    /// fullest bucket is never searched for.
    /// </summary>
    private sealed class NodeBuckets
    {
        private readonly Dictionary<string, Node> _nodes = [];
        private readonly List<LinkedList<Node>> _byCount = [new()];
        private int _highest;

        public int Count { get; private set; }

        /// <summary>The pod of the fullest node that became warm last: its memory is the least likely to be paged out.</summary>
        public Pod? Fullest => _highest == 0 ? null : _byCount[_highest].First!.Value.Pods.Last!.Value;

        /// <summary>The same of some nodes only; null: none of them has any.</summary>
        public Pod? FullestOf(IReadOnlySet<string> nodes)
        {
            for (var count = _highest; count > 0; count--)
            {
                foreach (var node in _byCount[count])
                {
                    if (nodes.Contains(node.Name))
                    {
                        return node.Pods.Last!.Value;
                    }
                }
            }

            return null;
        }

        public LinkedListNode<Pod> Add(Pod pod)
        {
            if (!_nodes.TryGetValue(pod.Node, out var node))
            {
                _nodes.Add(pod.Node, node = new Node(pod.Node));
                _byCount[0].AddLast(node.Place);
            }

            var place = node.Pods.AddLast(pod);
            Count++;
            var count = node.Pods.Count;
            if (count == _byCount.Count)
            {
                _byCount.Add(new LinkedList<Node>());
            }

            Move(node, count - 1, count);
            _highest = Math.Max(_highest, count);
            return place;
        }

        public void Remove(LinkedListNode<Pod> place)
        {
            var name = place.Value.Node;
            var node = _nodes[name];
            node.Pods.Remove(place);
            Count--;
            var count = node.Pods.Count;
            Move(node, count + 1, count);
            if (_byCount[_highest].Count == 0)
            {
                _highest--;
            }

            if (count == 0)
            {
                _byCount[0].Remove(node.Place);
                _nodes.Remove(name);
            }
        }

        private void Move(Node node, int from, int to)
        {
            _byCount[from].Remove(node.Place);
            _byCount[to].AddLast(node.Place);
        }

        private sealed class Node
        {
            public Node(string name) => (Name, Place) = (name, new LinkedListNode<Node>(this));

            public string Name { get; }

            public LinkedList<Pod> Pods { get; } = new();

            public LinkedListNode<Node> Place { get; }
        }
    }
}
