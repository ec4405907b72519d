using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class TeacherCacheKeyTests
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
    public void Augmentations_of_one_text_are_told_apart()
    {
        Assert.Equal(new Shift([1, 2]).ToString(), new Shift([1, 3]).ToString());
        Assert.NotEqual(Key(augmentations: [new Shift([1, 2])]), Key(augmentations: [new Shift([1, 3])]));
        Assert.Equal(Key(augmentations: [new Shift([1, 2])]), Key(augmentations: [new Shift([1, 2])]));
    }

    [Fact]
    public void An_augmentation_that_cannot_be_written_is_refused()
    {
        var message = Assert.Throws<InvalidOperationException>(() => Key(augmentations: [new RandomCrop(), new Chosen(() => 1)])).Message;
        Assert.StartsWith("TrainingPlan.Augmentations[1].Choose is a System.Func", message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_seed_is_no_part_of_it_where_nothing_is_random() =>
        Assert.Equal(Key(augmentations: [], seed: 1), Key(augmentations: [], seed: 2));

    [Fact]
    public void It_is_the_same_in_every_culture()
    {
        var expected = Key(augmentations: [new Rotation { Degrees = 7.5 }]);
        var (text, key) = CanonicalTextTests.In(
            CanonicalTextTests.Comma(),
            () => (new Rotation { Degrees = 7.5 }.ToString(), Key(augmentations: [new Rotation { Degrees = 7.5 }])));
        Assert.Contains("7,5", text, StringComparison.Ordinal);
        Assert.Equal(expected, key);
    }

    private static string Key(
        string teacher = "teacher",
        string[]? classNames = null,
        string rows = "rows",
        Augmentation[]? augmentations = null,
        long seed = 3,
        int view = 0,
        TeacherCacheFormat? format = null)
    {
        var key = new TeacherCacheKey(
            teacher,
            classNames ?? ["a", "b"],
            rows,
            augmentations ?? [new RandomCrop(), new Rotation()],
            seed,
            format ?? new TeacherCacheFormat(2, TeacherCachePrecision.Float32, null));
        return Convert.ToHexString(key.Of(view));
    }

    private sealed record Shift(int[] Pixels) : Augmentation
    {
        protected override Tensor ApplyCore(Tensor images, RowRandom random) => images.alias();
    }

    private sealed record Chosen(Func<int> Choose) : Augmentation
    {
        protected override Tensor ApplyCore(Tensor images, RowRandom random) => images.alias();
    }
}
