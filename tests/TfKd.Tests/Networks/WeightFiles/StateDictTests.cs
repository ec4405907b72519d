using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>Where in a pickle the state dict is.</summary>
public sealed class StateDictTests
{
    private static readonly TorchStorage _storage = new("0", ScalarType.Float32, 2);

    [Fact]
    public void Keys_under_a_name_lose_it()
    {
        var entries = new Dictionary<string, int> { ["student.a"] = 1, ["student.b.c"] = 2, ["students.a"] = 3, ["student"] = 4 };
        Assert.Equal(new Dictionary<string, int> { ["a"] = 1, ["b.c"] = 2 }, StateDict.Under("student", entries));
        Assert.Null(StateDict.Under("teacher", entries));
    }

    [Fact]
    public void A_path_is_that_of_a_dictionary_or_the_beginning_of_keys_in_one()
    {
        var root = Dictionary(("state_dict", Dictionary(("student.w.a", Tensor()), ("teacher.w.b", Tensor()))), ("c.d", Tensor()));
        Assert.Equal(["student.w.a", "teacher.w.b"], StateDict.Find(root, "state_dict").Keys.Order());
        Assert.Equal(["w.a"], StateDict.Find(root, "state_dict/student").Keys);
        Assert.Equal(["d"], StateDict.Find(root, "c").Keys);
        Assert.Equal(["c.d"], StateDict.Find(root, "").Keys);
        Refuses("expected a dictionary of tensors at 'ema', found some at '', 'state_dict'.", root, "ema");
        Refuses("expected a dictionary of tensors at 'a/b', found some at '', 'state_dict'.", root, "a/b");
        Refuses("expected a dictionary of tensors at 'ema', found none at all.", Dictionary(("epoch", 1L)), "ema");
    }

    [Fact]
    public void Dictionaries_may_lie_twenty_deep_and_no_deeper()
    {
        Assert.Equal(["a.b"], StateDict.Find(Nested(20), null).Keys);
        Refuses("expected dictionaries within one another to a depth of 20, found more.", Nested(21), null);

        static PickleDictionary Nested(int depth) =>
            Enumerable.Range(0, depth).Aggregate(Dictionary(("a.b", Tensor())), (inner, _) => Dictionary(("in", inner)));
    }

    [Theory]
    [InlineData(2, "")]
    [InlineData(20, "")]
    [InlineData(21, ", ...")]
    public void The_first_twenty_candidates_are_listed(int count, string rest)
    {
        var root = Dictionary([.. Enumerable.Range(10, count).Select(k => ($"d{k}", (object?)Dictionary(("a.b", Tensor()))))]);
        var listed = string.Join(", ", Enumerable.Range(10, Math.Min(count, 20)).Select(k => $"'d{k}'"));
        Refuses(
            "expected one dictionary of tensors, or the name of the one to take (Dictionary, or WeightsDictionary of a trainer's options), "
                + $"found {count} at {listed}{rest}.",
            root,
            null);
    }

    [Fact]
    public void Objects_that_take_a_program_are_listed_with_their_types() => Refuses(
        "expected a dictionary of tensors, found a dictionary of 3 without tensors under names; objects that take a program to read are at "
            + "'model' (a.Net), 'ema' (b.Net).",
        Dictionary(("model", new PickleForeign("a.Net")), ("epoch", 1L), ("ema", new PickleForeign("b.Net"))),
        null);

    private static void Refuses(string message, PickleDictionary root, string? dictionary) =>
        Assert.Equal(message, Assert.Throws<InvalidDataException>(() => StateDict.Find(root, dictionary)).Message);

    private static PickleDictionary Dictionary(params (string Key, object? Value)[] items)
    {
        var dictionary = new PickleDictionary();
        dictionary.Items.AddRange(items.Select(item => KeyValuePair.Create<object?, object?>(item.Key, item.Value)));
        return dictionary;
    }

    private static StoredTensor Tensor() => StoredTensor.Create(new TorchStorageView(_storage, 0, 2), 0, [2L], [1L]);
}
