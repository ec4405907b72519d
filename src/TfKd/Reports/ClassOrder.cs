namespace TfKd;

/// <summary>
/// An order of classes in which those stand side by side that are most alike. The two groups of the greatest mean likeness become one until
/// none are left that are alike (average linkage: Sokal and Michener, 1958); of the four ways to put one beside the other that is taken
/// whose neighbours are most alike (Gruvaeus and Wainer, 'Two additions to hierarchical cluster analysis', 1972). Groups that are not alike
/// come in the order of their first class.
/// </summary>
internal static class ClassOrder
{
    /// <param name="classes">The classes.</param>
    /// <param name="likeness">How alike two different classes are, 0 or above, the same both ways; asked once for each pair.</param>
    public static int[] Of(IReadOnlyList<int> classes, Func<int, int, double> likeness)
    {
        var alike = new double[classes.Count, classes.Count];
        for (var one = 0; one < classes.Count; one++)
        {
            for (var other = 0; other < one; other++)
                alike[one, other] = alike[other, one] = likeness(classes[one], classes[other]);
        }

        var groups = Enumerable.Range(0, classes.Count).Select(one => new List<int> { one }).ToList();
        // Between groups, by their first class when they were single.
        var sums = (double[,])alike.Clone();
        var ids = Enumerable.Range(0, classes.Count).ToList();
        while (MostAlike(groups, ids, sums) is { } pair)
            Merge(groups, ids, sums, alike, pair);
        return [.. groups.OrderBy(group => group.Min()).SelectMany(group => group).Select(one => classes[one])];
    }

    private static (int First, int Second)? MostAlike(List<List<int>> groups, List<int> ids, double[,] sums)
    {
        (int, int)? found = null;
        var most = 0.0;
        for (var first = 0; first < groups.Count; first++)
        {
            for (var second = first + 1; second < groups.Count; second++)
            {
                var mean = sums[ids[first], ids[second]] / ((double)groups[first].Count * groups[second].Count);
                if (mean > most)
                    (most, found) = (mean, (first, second));
            }
        }

        return found;
    }

    private static void Merge(List<List<int>> groups, List<int> ids, double[,] sums, double[,] alike, (int First, int Second) pair)
    {
        var (first, second) = (groups[pair.First], groups[pair.Second]);
        List<int>[] ways =
        [
            [.. first, .. second], [.. first, .. Enumerable.Reverse(second)], [.. Enumerable.Reverse(first), .. second],
            [.. second, .. first],
        ];
        double[] joints =
        [
            alike[first[^1], second[0]], alike[first[^1], second[^1]], alike[first[0], second[0]], alike[second[^1], first[0]],
        ];
        groups[pair.First] = ways[Array.IndexOf(joints, joints.Max())];
        var (kept, gone) = (ids[pair.First], ids[pair.Second]);
        foreach (var id in ids)
            sums[kept, id] = sums[id, kept] = sums[kept, id] + sums[gone, id];
        groups.RemoveAt(pair.Second);
        ids.RemoveAt(pair.Second);
    }
}
