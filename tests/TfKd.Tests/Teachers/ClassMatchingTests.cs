namespace TfKd.Tests;

public sealed class ClassMatchingTests
{
    [Fact]
    public void Equal_lists_need_no_move() => Assert.Null(ClassMatching.Match(["a", "b"], ["a", "b"]));

    [Fact]
    public void Another_order_gives_the_teachers_column_of_each_class_of_the_student() =>
        Assert.Equal([2, 0, 1], ClassMatching.Match(["c", "a", "b"], ["a", "b", "c"]));

    [Fact]
    public void Another_set_is_refused_with_both_lists() => AssertRefused(
        "The teacher must know the student's classes by the same names, each once. Student's 2 classes: 'cat', 'dog'; " +
        "teacher's 3 classes: 'cat', 'Dog', 'horse'.",
        ["cat", "dog"],
        ["cat", "Dog", "horse"]);

    [Fact]
    public void A_name_that_stands_twice_is_refused() => AssertRefused(
        "The teacher must know the student's classes by the same names, each once. Student's 2 classes: 'a', 'b'; " +
        "teacher's 3 classes: 'a', 'b', 'a'.",
        ["a", "b"],
        ["a", "b", "a"]);

    [Fact]
    public void Long_lists_are_cut()
    {
        string[] Names(string prefix) => [.. Enumerable.Range(0, 1000).Select(i => $"{prefix}{i}")];

        var exception = Assert.Throws<InvalidOperationException>(() => ClassMatching.Match(Names("s"), Names("t")));

        Assert.Contains("'s19', ... and 980 more; teacher's 1000 classes: 't0', 't1'", exception.Message, StringComparison.Ordinal);
    }

    private static void AssertRefused(string message, string[] student, string[] teacher) =>
        Assert.Equal(message, Assert.Throws<InvalidOperationException>(() => ClassMatching.Match(student, teacher)).Message);
}
