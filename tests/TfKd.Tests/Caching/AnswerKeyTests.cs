using System.Globalization;

namespace TfKd.Tests;

public sealed class AnswerKeyTests
{
    private static readonly string _base = Key();

    [Fact]
    public void Everything_that_the_answers_depend_on_is_in_it()
    {
        string[] keys =
        [
            _base,
            Key(teacher: "other"),
            Key(classNames: ["a", "c"]),
            Key(classNames: ["ab"]),
            Key(classNames: ["b", "a"]),
            Key(rows: "other"),
            Key(augmentations: []),
            Key(augmentations: [new RandomCrop()]),
            Key(augmentations: [new RandomCrop(), new Rotation { Degrees = 7.5 }]),
            Key(augmentations: [new Rotation(), new RandomCrop()]),
            Key(seed: 4),
            Key(view: 1),
            Key(format: new TeacherCacheFormat(2, TeacherCachePrecision.Float16, null)),
            Key(format: new TeacherCacheFormat(2, TeacherCachePrecision.Float32, 1)),
        ];
        Assert.Equal(keys.Length, keys.Distinct().Count());
        Assert.Equal(_base, Key());
    }

    [Fact]
    public void The_seed_is_no_part_of_it_where_nothing_is_random() => Assert.Equal(Key(augmentations: [], seed: 1), Key(augmentations: [], seed: 2));

    [Fact]
    public void It_is_the_same_in_every_culture()
    {
        var culture = CultureInfo.CurrentCulture;
        var comma = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        comma.NumberFormat.NumberDecimalSeparator = ",";
        var expected = Key(augmentations: [new Rotation { Degrees = 7.5 }]);
        CultureInfo.CurrentCulture = comma;
        try
        {
            Assert.Contains("7,5", new Rotation { Degrees = 7.5 }.ToString(), StringComparison.Ordinal);
            Assert.Equal(expected, Key(augmentations: [new Rotation { Degrees = 7.5 }]));
            Assert.Same(comma, CultureInfo.CurrentCulture);
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    private static string Key(
        string teacher = "teacher", string[]? classNames = null, string rows = "rows", Augmentation[]? augmentations = null, long seed = 3, int view = 0, TeacherCacheFormat? format = null) =>
        Convert.ToHexString(AnswerKey.Of(
            teacher, classNames ?? ["a", "b"], rows, augmentations ?? [new RandomCrop(), new Rotation()], seed, view, format ?? new TeacherCacheFormat(2, TeacherCachePrecision.Float32, null)));
}
