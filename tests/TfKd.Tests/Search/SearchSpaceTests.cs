using System.Globalization;

namespace TfKd.Tests;

public sealed class SearchSpaceTests
{
    [Fact]
    public void A_value_depends_on_seed_trial_and_name_alone()
    {
        var space = new SearchSpace(1, 2);
        space.UniformInt("other", 0, 100);
        Assert.Equal(new SearchSpace(1, 2).UniformDouble("rate", 0, 1), space.UniformDouble("rate", 0, 1));
        double[] others =
        [
            new SearchSpace(2, 2).UniformDouble("rate", 0, 1), new SearchSpace(1, 3).UniformDouble("rate", 0, 1),
            new SearchSpace(1, 2).UniformDouble("decay", 0, 1),
        ];
        Assert.DoesNotContain(new SearchSpace(1, 2).UniformDouble("rate", 0, 1), others);
        Assert.Equal(3, others.Distinct().Count());
    }

    [Fact]
    public void A_range_is_covered_evenly()
    {
        var values = Draws(space => space.UniformDouble("rate", 2, 4));
        Assert.All(values, value => Assert.InRange(value, 2, 4));
        Assert.InRange(values.Average(), 2.95, 3.05);
        Assert.InRange(values.Count(value => value < 2.5) / 1000.0, 0.2, 0.3);
    }

    [Fact]
    public void Each_order_of_magnitude_is_as_likely()
    {
        var values = Draws(space => space.UniformDouble("rate", 0.001, 1, logBase: true));
        Assert.All(values, value => Assert.InRange(value, 0.001, 1));
        Assert.InRange(values.Count(value => value < 0.01), 280, 390);
        Assert.InRange(values.Count(value => value > 0.1), 280, 390);
    }

    [Fact]
    public void Numbers_have_three_digits_and_the_text_is_what_was_drawn()
    {
        var space = new SearchSpace(1, 5);
        var value = space.UniformDouble("rate", 0.001, 1, logBase: true);
        Assert.Equal(value.ToString("G3", CultureInfo.InvariantCulture), value.ToString("R", CultureInfo.InvariantCulture));
        Assert.Equal([new SearchValue("rate", value.ToString("R", CultureInfo.InvariantCulture))], space.Values);
    }

    [Fact]
    public void Whole_numbers_reach_both_ends()
    {
        Assert.Equal([2, 3, 4], Draws(space => space.UniformInt("stages", 2, 4)).Distinct().Order());
        var counts = Draws(space => space.UniformInt("batch", 1, 3, logBase: true))
            .CountBy(value => value)
            .OrderBy(pair => pair.Key)
            .ToList();
        // ln 2 to ln 1.5 to ln 4/3, of ln 4.
        Assert.Equal([1, 2, 3], counts.Select(pair => pair.Key));
        Assert.InRange(counts[0].Value, 450, 550);
        Assert.InRange(counts[2].Value, 160, 260);
    }

    [Fact]
    public void Choices_are_as_likely_and_those_that_print_the_same_are_told_apart()
    {
        var counts = Draws(space => space.Choice<Objective?>("objective", new CrossEntropy(), null)).CountBy(value => $"{value}").ToList();
        Assert.All(counts, pair => Assert.InRange(pair.Value, 450, 550));
        var texts = Draws(space =>
        {
            space.Choice<double[]>("weights", [1, 2], [1, 2], [3]);
            return space.Values[0].Text;
        });
        Assert.Equal(["[1, 2]", "[1, 2] (2)", "[3]"], texts.Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_text_is_the_same_in_every_culture()
    {
        var values = CanonicalTextTests.In(CanonicalTextTests.Comma(), () =>
        {
            var space = new SearchSpace(1, 1);
            space.Choice<Objective>("objective", new LabelSmoothing { Smoothing = 0.25 });
            return space.Values;
        });
        Assert.Equal($"{new LabelSmoothing { Smoothing = 0.25 }}", values[0].Text);
    }

    [Fact]
    public void What_is_no_range_is_refused()
    {
        Assert.Equal("The range of 'a' must be from low to high, but is 1 to 1.", Message(space => space.UniformDouble("a", 1, 1)));
        Assert.Equal("The range of 'a' must be from low to high, but is 3 to 2.", Message(space => space.UniformInt("a", 3, 2)));
        Assert.Equal(
            "The range of 'a' must be from low to high, but is NaN to 2.", Message(space => space.UniformDouble("a", double.NaN, 2)));
        Assert.Equal(
            "The range of 'a' must begin above 0 to be drawn by its logarithm, but begins at 0.",
            Message(space => space.UniformDouble("a", 0, 2, logBase: true)));
        Assert.Equal("Choice 'a' must have values, but has none. (Parameter 'values')", Message(space => space.Choice<int>("a")));
        Assert.Equal("name must be a name, but is empty. (Parameter 'name')", Message(space => space.UniformInt(" ", 0, 1)));
        Assert.Equal(
            "'a' is drawn twice in one trial; each value must have a name of its own. (Parameter 'name')",
            Message(space => space.UniformInt("a", 0, 1) + space.UniformInt("a", 0, 1)));
    }

    private static List<T> Draws<T>(Func<SearchSpace, T> draw) =>
        [.. Enumerable.Range(0, 1000).Select(trial => draw(new SearchSpace(7, trial)))];

    private static string Message<T>(Func<SearchSpace, T> draw) =>
        Assert.Throws<ArgumentException>(() => { draw(new SearchSpace(1, 1)); }).Message;
}
