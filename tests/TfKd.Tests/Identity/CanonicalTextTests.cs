using System.Collections.Immutable;
using System.Globalization;
using TorchSharp;

namespace TfKd.Tests;

public sealed class CanonicalTextTests
{
    private static readonly double[] _numbers = [1, 2.5];

    public static TheoryData<string, Func<int, object?>> NestedValues => new()
    {
        { "array", last => new Holder { Value = new double[] { 1, 2, last } } },
        { "array of arrays", last => new Holder { Value = new int[][] { [1], [2, last] } } },
        { "two dimensions", last => new Holder { Value = new int[,] { { 1, 2 }, { 3, last } } } },
        { "list", last => new Holder { Value = new List<int> { 1, last } } },
        { "immutable list", last => new Holder { Value = ImmutableArray.Create(1, last) } },
        { "nested record", last => new Holder { Value = new Point(1, last) } },
        { "list of records", last => new Holder { Value = new[] { new Point(0, 0), new Point(1, last) } } },
        { "dictionary", last => new Holder { Value = new Dictionary<string, object> { ["a"] = 1, ["b"] = new Point(last, 0) } } },
        { "set", last => new Holder { Value = new HashSet<int> { 1, last } } },
        { "tuple", last => new Holder { Value = (1, (2, last)) } },
        { "anonymous", last => new Holder { Value = new { A = 1, B = last } } },
        { "struct", last => new Holder { Value = new Pixel { X = last } } },
        { "class", last => new Holder { Value = new Plain(last) } },
        { "field of a base", last => new Holder { Value = new Derived(last, 5) } },
        { "field of the same name", last => new Holder { Value = new Derived(5, last) } },
        { "list of one's own", last => new Holder { Value = new OwnList { last } } },
        { "identity of its own", last => new Holder { Value = new Named($"v{last}") } },
        { "pair", last => new Holder { Value = KeyValuePair.Create("a", last) } },
    };

    public static TheoryData<object, string> Refused => new()
    {
        { new Holder { Value = (Func<int>)(() => 1) }, "Value is a System.Func`1<System.Int32>, which has no text" },
        { new Holder { Value = new object[] { 1, new Holder { Value = new MemoryStream() } } },
            "Value[1].Value is a System.IO.MemoryStream, which has no text" },
        { new Holder { Value = new Dictionary<string, object> { ["a: b"] = (nint)1 } },
            "Value[\"a\\u003A b\"] is a System.IntPtr, which has no text" },
        { new Holder { Value = new Random(1) }, "Value is a System.Random, which has no text" },
        { new Holder { Value = Enumerable.Range(0, 3).Where(number => number > 0) }, "Value is a System.Linq." },
        { new Holder { Value = Iterate() }, "Value is a TfKd.Tests.CanonicalTextTests+<Iterate>d__" },
        { new Holder { Value = new HashSet<Point> { new(1, 2) } }, "a set of what is neither text nor number" },
        { new Holder { Value = new Dictionary<Point, int> { [new(1, 2)] = 1 } }, "whose keys are neither text nor numbers" },
        { new Holder { Value = new OwnStream() }, "Value is a TfKd.Tests.CanonicalTextTests+OwnStream, which has no text" },
        { new Holder { Value = new OwnRandom() }, "whose base System.Random has no text" },
    };

    [Theory]
    [MemberData(nameof(NestedValues))]
    public void What_is_within_a_value_tells_it_apart(string kind, Func<int, object?> make)
    {
        ArgumentNullException.ThrowIfNull(make);
        Assert.True(Text(make(3)) == Text(make(3)), kind);
        Assert.True(Text(make(3)) != Text(make(4)), kind);
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_cannot_be_written_is_refused_with_its_path(object value, string expected)
    {
        var message = Assert.Throws<InvalidOperationException>(() => Text(value)).Message;
        Assert.StartsWith("It.Value", message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.Contains("Mark the member as [NotIdentity]", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tensor_and_a_module_are_refused()
    {
        using var tensor = torch.zeros(1);
        using var module = torch.nn.ReLU();
        foreach (var value in (object[])[tensor, module])
        {
            var message = Assert.Throws<InvalidOperationException>(() => Text(new Holder { Value = value })).Message;
            Assert.Contains($"It.Value is a {value.GetType().FullName}", message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_value_within_itself_is_refused()
    {
        var holder = new Plain(1);
        holder.Other = new Holder { Value = new object[] { holder } };
        Assert.StartsWith(
            "It.Other.Value[0] is a TfKd.Tests.CanonicalTextTests+Plain, which is within itself",
            Assert.Throws<InvalidOperationException>(() => Text(holder)).Message, StringComparison.Ordinal);
        // Twice is not within itself.
        var point = new Point(1, 2);
        Assert.NotEmpty(Text(new Holder { Value = new[] { point, point } }));
    }

    [Fact]
    public void A_chain_without_end_is_refused_before_the_stack_is_full()
    {
        Holder? chain = null;
        for (var i = 0; i < 100_000; i++)
            chain = new Holder { Value = chain };
        Assert.Contains("nested more than 100 deep", Assert.Throws<InvalidOperationException>(() => Text(chain)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void It_reads_as_it_should()
    {
        var value = new Holder
        {
            Value = new object?[]
            {
                new Point(1, -2), "a\n\"b\"", 0.1, 1.0, 1, 1L, 1f, null, KdForm.Paper, true, TimeSpan.FromSeconds(1), 'x', _numbers,
                    new HashSet<int> { 10, 9 }, Array.Empty<int>(),
            },
        };
        const string Type = "TfKd.Tests.CanonicalTextTests+";
        Assert.Equal($$"""
            TfKd identity 1
            It: {{Type}}Holder
            It.Value: [15 items]
            It.Value[0]: {{Type}}Point
            It.Value[0].X: 1
            It.Value[0].Y: -2
            It.Value[1]: "a\u000A\"b\""
            It.Value[2]: 0.1
            It.Value[3]: 1.0
            It.Value[4]: 1
            It.Value[5]: Int64 1
            It.Value[6]: Single 1
            It.Value[7]: null
            It.Value[8]: TfKd.KdForm.Paper
            It.Value[9]: true
            It.Value[10]: TimeSpan 00:00:01
            It.Value[11]: '"x"'
            It.Value[12]: [1.0, 2.5]
            It.Value[13]: set {10, 9}
            It.Value[14]: []
            """, Text(value), ignoreLineEndingDifferences: true);
    }

    [Fact]
    public void What_is_as_the_type_makes_it_is_left_out()
    {
        const string Type = "TfKd.Tests.CanonicalTextTests+";
        // A type that gets another property with a default keeps the texts it had.
        Assert.Equal($"TfKd identity 1\nIt: {Type}Settings", Text(new Settings()));
        Assert.Equal($"TfKd identity 1\nIt: {Type}Settings\nIt.Rate: 0.5", Text(new Settings { Rate = 0.5 }));
        Assert.Equal($"TfKd identity 1\nIt: {Type}Settings\nIt.Inner: {Type}Point\nIt.Inner.X: 1\nIt.Inner.Y: 3",
            Text(new Settings { Inner = new Point(1, 3) }));
        Assert.Equal($"TfKd identity 1\nIt: {Type}Settings\nIt.Scales: []", Text(new Settings { Scales = [] }));
        // A default is that of the constructor's other arguments, which are written themselves.
        Assert.Equal($"TfKd identity 1\nIt: {Type}Sized\nIt.Width: 4", Text(new Sized(4)));
        Assert.Equal($"TfKd identity 1\nIt: {Type}Sized\nIt.Height: 9\nIt.Width: 4", Text(new Sized(4) { Height = 9 }));
        Assert.Equal($"TfKd identity 1\nIt: {Type}Sized\nIt.Depth: 2\nIt.Width: 4", Text(new Sized(4, 2)));
        Assert.Equal("TfKd identity 1\nIt: TfKd.TrainingPlan", Text(new TrainingPlan()));
        Assert.Equal(
            "TfKd identity 1\nIt: TfKd.TrainedTeacher\nIt.Architecture: TfKd.SmallCnn\nIt.Epochs: 3",
                Text(new TrainedTeacher(new SmallCnn()) { Epochs = 3 }));
        Assert.Equal(
            "TfKd identity 1\nIt: TfKd.EnsembleTeacher\nIt.Members: [1 items]\nIt.Members[0]: TfKd.UniformTeacher",
            Text(new EnsembleTeacher(new UniformTeacher())));
    }

    [Fact]
    public void A_type_whose_constructor_says_nothing_is_written_whole()
    {
        const string Type = "TfKd.Tests.CanonicalTextTests+";
        Assert.Equal($"TfKd identity 1\nIt: {Type}Closed\nIt.A: 0\nIt.B: null", Text(Closed.Make()));
    }

    [Fact]
    public void A_member_that_is_marked_takes_no_part()
    {
        Assert.Equal(Text(new Marked(1) { Budget = 1 }), Text(new Marked(2) { Budget = 2, Score = () => 1 }));
        Assert.NotEqual(Text(new Marked(1)), Text(new Marked(1) { Name = "other" }));
    }

    [Fact]
    public void It_is_the_same_in_every_culture()
    {
        object[] values =
            [0.5, -1, 1.5f, 2.5m, -3L, DateTime.UnixEpoch, TimeSpan.FromMilliseconds(1.5), DayOfWeek.Friday, (DayOfWeek)(-4),
                new DateOnly(2020, 1, 2)];
        var value = new Holder { Value = values };
        var expected = Text(value);
        Assert.Equal(expected, In(Comma(), () => Text(value)));
    }

    [Fact]
    public void The_order_in_which_a_value_was_built_is_no_part_of_it()
    {
        Assert.Equal(Text(new Dictionary<string, int> { ["a"] = 1, ["b"] = 2 }),
            Text(new SortedList<string, int> { ["b"] = 2, ["a"] = 1 }));
        Assert.Equal(Text(new HashSet<string> { "a", "b" }), Text(new HashSet<string> { "b", "a" }));
        Assert.Equal(Text(new List<int> { 1, 2 }), Text(ImmutableList.Create(1, 2)));
        Assert.Equal(Text(new List<int> { 1, 2 }), Text(new ValueList<int>([1, 2])));
        IReadOnlyList<Point> compilers = [new(1, 2), new(3, 4)];
        Assert.Equal(Text(new Point[] { new(1, 2), new(3, 4) }), Text(compilers));
    }

    internal static CultureInfo Comma()
    {
        var comma = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        (comma.NumberFormat.NumberDecimalSeparator, comma.NumberFormat.NegativeSign) = (",", "minus");
        return comma;
    }

    internal static T In<T>(CultureInfo culture, Func<T> function)
    {
        var before = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = culture;
        try
        {
            return function();
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    private static string Text(object? value) => CanonicalText.Of(("It", value));

    private static IEnumerable<int> Iterate()
    {
        yield return 1;
    }

    private sealed record Holder
    {
        public object? Value { get; init; }
    }

    private sealed record Point(int X, int Y);

    private struct Pixel
    {
        public int X;
    }

    private sealed class Plain(int number)
    {
        public object? Other { get; set; }

        public int Read() => number;
    }

    private abstract class Base(int size)
    {
        private readonly int _size = size;

        public int Size => _size;
    }

    private sealed class Derived(int ofBase, int own) : Base(ofBase)
    {
        private readonly int _size = own;

        public int OwnSize => _size;
    }

    private sealed class OwnList : List<int>;

    private sealed class OwnStream : MemoryStream;

    private sealed class OwnRandom : Random;

    private sealed class Named(string identity) : IHasIdentity
    {
        private readonly Func<string> _function = () => identity;

        public string Identity => _function();
    }

    private sealed record Settings
    {
        public double Rate { get; init; } = 0.1;

        public Point Inner { get; init; } = new(1, 2);

        public double[] Scales { get; init; } = [1, 2];

        public double Half => Rate / 2;
    }

    private sealed record Sized(int Width, int Depth = 1)
    {
        public int Height { get; init; } = Width * 2;
    }

    private sealed record Closed
    {
        private Closed()
        {
        }

        public int A { get; init; }

        public string? B { get; init; }

        public static Closed Make() => new();
    }

    private sealed record Marked([property: NotIdentity] int Folder)
    {
        [NotIdentity]
        private readonly object _cached = new MemoryStream();

        [NotIdentity]
        public int Budget { get; init; }

        [NotIdentity]
        public Func<int>? Score { get; init; }

        public string Name { get; init; } = "";

        public object Cached => _cached;
    }
}
