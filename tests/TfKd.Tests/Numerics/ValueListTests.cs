using System.Collections;

namespace TfKd.Tests;

public sealed class ValueListTests
{
    [Fact]
    public void Lists_of_equal_items_in_the_same_order_are_equal_and_have_one_hash()
    {
        var list = new ValueList<int>([1, 2, 3]);

        Assert.True(list.Equals(new ValueList<int>([1, 2, 3])));
        Assert.Equal(list.GetHashCode(), new ValueList<int>([1, 2, 3]).GetHashCode());
        Assert.False(list.Equals(new ValueList<int>([1, 3, 2])));
        Assert.NotEqual(list.GetHashCode(), new ValueList<int>([1, 3, 2]).GetHashCode());
        Assert.False(list.Equals(new ValueList<int>([1, 2])));
        Assert.False(list.Equals(new ValueList<long>([1, 2, 3])));
        Assert.False(list.Equals(null));
    }

    [Fact]
    public void It_holds_a_copy_and_says_what_is_in_it()
    {
        var items = new[] { 0.5, 2 };
        var list = new ValueList<double>(items);
        items[0] = 7;

        Assert.Equal("[0.5, 2]", list.ToString());
        Assert.Equal("[]", new ValueList<double>([]).ToString());
        Assert.Equal(2, list.Count);
        Assert.Equal((0.5, 2), (list[0], list[1]));
        Assert.Equal([0.5, 2.0], ((IEnumerable)list).Cast<double>());
    }
}
