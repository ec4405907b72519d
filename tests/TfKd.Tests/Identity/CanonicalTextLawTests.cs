using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace TfKd.Tests;

/// <summary>No two values give one text, and a value gives one.</summary>
public sealed class CanonicalTextLawTests
{
    [Property(MaxTest = 500, Arbitrary = [typeof(Trees)])]
    public void Texts_are_equal_where_values_are_and_only_there(Tree left, Tree right)
    {
        Assert.Equal(Same(left, right), Text(left) == Text(right));
        Assert.Equal(Text(left), Text(Copy(left)));
    }

    [Property(MaxTest = 500, Arbitrary = [typeof(Trees)])]
    public void A_text_has_a_line_each_path_and_no_other(Tree tree)
    {
        var lines = Text(tree).Split('\n')[1..].Select(IdentityLine.Parse).ToList();
        Assert.Equal(lines.Count, lines.DistinctBy(line => line.Path).Count());
        Assert.All(lines, line => Assert.StartsWith("It", line.Path, StringComparison.Ordinal));
        Assert.All(lines, line => Assert.NotEmpty(line.Text));
    }

    private static string Text(Tree tree) => CanonicalText.Of(("It", tree));

    private static bool Same(object? left, object? right) => (left, right) switch
    {
        (null, null) => true,
        (Tree a, Tree b) => a.GetType() == b.GetType() && a.Name == b.Name && Same(a.Any, b.Any) && a.Numbers.SequenceEqual(b.Numbers)
            && a.Pair == b.Pair
            && a.Map.Count == b.Map.Count && a.Map.All(entry => b.Map.TryGetValue(entry.Key, out var other) && Same(entry.Value, other))
            && a.Children.Count == b.Children.Count && a.Children.Zip(b.Children).All(pair => Same(pair.First, pair.Second)),
        _ => Equals(left, right),
    };

    private static Tree Copy(Tree tree) => tree with
    {
        Numbers = [.. tree.Numbers],
        Map = new SortedDictionary<string, object?>(tree.Map.ToDictionary(entry => entry.Key, entry => entry.Value is Tree inner
            ? Copy(inner) : entry.Value), StringComparer.Ordinal),
        Children = tree.Children.Select(Copy).ToArray(),
        Any = tree.Any is Tree any ? Copy(any) : tree.Any,
    };

    public record Tree
    {
        public string? Name { get; init; } = "a";

        public object? Any { get; init; }

        public IReadOnlyList<double> Numbers { get; init; } = [1];

        public (int Count, bool IsSet) Pair { get; init; }

        public IDictionary<string, object?> Map { get; init; } = new Dictionary<string, object?>();

        public IReadOnlyList<Tree> Children { get; init; } = [];
    }

    public sealed record OtherTree : Tree;

    private static class Trees
    {
        // Few texts, made of all that a line is made of, so that equal ones and those that look alike come up.
        private static readonly Gen<string> _texts =
            from parts in Gen.Elements("a", "\"", "\\", ": ", "\n", ", ", "]", "It.Name", "null", "\u000A", "\ud800", "1.0",
                "\\u000A").ListOf()
            select string.Concat(parts.Take(3));

        private static readonly Gen<double> _numbers = Gen.Elements(0, -0.0, 1, 10, 0.1, 0.30000000000000004,
            double.PositiveInfinity, 1e300);

        public static Arbitrary<Tree> Arbitrary() => Arb.From(Gen.Sized(size => Of(Math.Min(size, 3))));

        private static Gen<Tree> Of(int depth) =>
            from isOther in Gen.Elements(true, false)
            from name in Gen.OneOf(_texts.Select(text => (string?)text), Gen.Constant<string?>(null), Gen.Constant<string?>("a"))
            from any in Any(depth)
            from numbers in _numbers.ListOf()
            from pair in Gen.Elements((0, false), (1, false), (0, true))
            from map in Map(depth)
            from children in depth == 0 ? Gen.Constant<IList<Tree>>([]) : Of(depth - 1).ListOf()
                .Select(list => (IList<Tree>)[.. list.Take(2)])
            select (isOther ? new OtherTree() : new Tree()) with
            {
                Name = name,
                Any = any,
                Numbers = [.. numbers.Take(3)],
                Pair = pair,
                Map = map,
                Children = [.. children],
            };

        private static Gen<object?> Any(int depth) => depth == 0 ? Scalar()
            : Gen.OneOf(Scalar(), Of(depth - 1).Select(tree => (object?)tree));

        private static Gen<object?> Scalar() => Gen.OneOf(
            _texts.Select(text => (object?)text),
                Gen.Elements<object?>(1, 1L, 1f, 1m, 1.0, true, 'a', null, (byte)1, DayOfWeek.Monday, KdForm.Paper));

        private static Gen<IDictionary<string, object?>> Map(int depth) =>
            from keys in _texts.ListOf()
            from values in Any(Math.Max(0, depth - 1)).ListOf()
            select (IDictionary<string, object?>)keys.Distinct().Zip(values).Take(2)
                .ToDictionary(entry => entry.First, entry => entry.Second);
    }
}
