using System.Xml.Linq;
using TeacherFreeCifar;

namespace TfKd.Tests;

/// <summary>The comparison where each method has a learning rate of its own: what is run, what is chosen, and what is said of it.</summary>
public sealed class StudyTests
{
    private static readonly IReadOnlyList<Method> _methods = [.. Method.Studied.Take(3)];

    [Fact]
    public void All_rates_of_a_method_are_tried_then_all_methods_are_run_with_each_seed()
    {
        var runs = new List<RunRecord>();
        var order = new List<string>();
        while (new Study(_methods, runs).Next() is var (method, seed, rate))
        {
            order.Add(FormattableString.Invariant($"{method.Name} {rate} {seed}"));
            // Best at 0.05 for the first method, at 0.1 for the others.
            runs.Add(Record(method.Name, seed, rate, 0.5 - Math.Abs(Math.Log2(rate / (method == _methods[0] ? 0.05 : 0.1))) / 10));
        }

        Assert.Equal(
            [
                "baseline 0.05 1", "baseline 0.1 1", "baseline 0.2 1", "baseline 0.025 1",
                "ls 0.05 1", "ls 0.1 1", "ls 0.2 1",
                "tf-kd-reg 0.05 1", "tf-kd-reg 0.1 1", "tf-kd-reg 0.2 1",
                .. new[] { 2, 3, 4, 5, 6 }.SelectMany(seed => new[] { $"baseline 0.05 {seed}", $"ls 0.1 {seed}", $"tf-kd-reg 0.1 {seed}" }),
            ],
            order);
    }

    [Fact]
    public void Several_processes_have_work_while_a_rate_is_not_yet_told()
    {
        Method[] methods = [_methods[0], Method.All.Single(method => method.Name == "tf-kd-self-hinton"), _methods[1]];
        var runs = Study.Rates.Skip(1).Select(rate => Record("baseline", 1, rate, rate == 0.1 ? 0.5 : 0.4)).ToList();
        // Tf-KD_self asks for the baseline's rate.
        Assert.Equal(
            [("baseline", 1, 0.05), .. Study.Rates.Select(rate => ("ls", 1L, rate))],
            new Study(methods, runs).Missing().Select(run => (run.Method.Name, run.Seed, run.Rate)));

        runs.Add(Record("baseline", 1, 0.05, 0.4));
        Assert.Equal(
            [
                .. Study.Rates.Select(rate => ("tf-kd-self-hinton", 1L, rate)), .. Study.Rates.Select(rate => ("ls", 1L, rate)),
                .. Study.Seeds.Select(seed => ("baseline", seed, 0.1)),
            ],
            new Study(methods, runs).Missing().Select(run => (run.Method.Name, run.Seed, run.Rate)));
    }

    [Theory]
    [InlineData(0.2, new[] { 0.4 })]
    [InlineData(0.4, new[] { 0.4, 0.8 })]
    [InlineData(100, new[] { 0.4, 0.8 })]
    [InlineData(0.05, new[] { 0.025 })]
    [InlineData(0.025, new[] { 0.025, 0.0125 })]
    [InlineData(0.0001, new[] { 0.025, 0.0125, 0.00625 })]
    public void A_grid_whose_end_is_best_is_made_longer(double best, double[] expected)
    {
        var runs = Study.Rates.Select(rate => Tuned(rate)).ToList();
        var more = new List<double>();
        while (new Study([_methods[0]], runs).Next() is var (_, seed, rate) && seed == Study.TuningSeed)
        {
            more.Add(rate);
            runs.Add(Tuned(rate));
        }

        Assert.Equal(expected, more);
        Assert.Equal(runs.MaxBy(run => run.ValidationTop1)!.LearningRate, new Study([_methods[0]], runs).RateOf(_methods[0]));

        RunRecord Tuned(double rate) => Record("baseline", Study.TuningSeed, rate, 0.9 - Math.Abs(Math.Log2(rate / best)) / 100);
    }

    [Fact]
    public void The_rows_held_out_choose_and_not_the_test_rows()
    {
        var runs = Study.Rates
            .Prepend(0.025)
            .Select((rate, index) => Record("baseline", 1, rate, new[] { 0.1, 0.3, 0.3, 0.2 }[index]) with { Top1 = index }).ToList();
        var study = new Study([_methods[0]], runs);
        Assert.Equal(0.05, study.RateOf(_methods[0]));
        Assert.Empty(study.Compared(_methods[0]));
    }

    // Of y = method + seed the rest is (1, -1, 0), (-1, 1, 0), (0, 0, 0): a sum of squares of 4 with 4 degrees of freedom.
    [Fact]
    public void Chance_is_what_method_and_seed_leave()
    {
        var model = new TwoWayModel([[11, 19, 30], [12, 24, 33], [17, 27, 37]]);
        Assert.Equal(4, model.DegreesOfFreedom);
        Assert.Equal([3, 7], model.Gains);
        Assert.Equal(Math.Sqrt(2 * 4.0 / 4 / 3), model.StandardError, 1e-12);
        Assert.Equal(2.776445105 * model.StandardError, model.Margin, 1e-8);
    }

    [Fact]
    public void Probabilities_are_multiplied_by_the_number_of_those_that_are_left()
    {
        // Gains of 3, 0 and 4.
        var model = new TwoWayModel([[11, 19, 30], [12, 24, 33], [11, 19, 30], [14, 24, 34]]);
        var plain = model.Gains.Select(gain => 2 * MathNet.Numerics.Distributions.StudentT.CDF(
            0, 1, model.DegreesOfFreedom, -gain / model.StandardError)).ToArray();
        Assert.Equal([2 * plain[0], plain[1], 3 * plain[2]], model.AdjustedProbabilities(), (one, other) => Math.Abs(one - other) < 1e-12);
        Assert.Equal(1, plain[1], 1e-12);
    }

    [Fact]
    public void Methods_of_different_seeds_are_not_compared() =>
        Assert.Throws<ArgumentException>(() => new TwoWayModel([[1, 2], [1]]));

    [Fact]
    public void The_table_has_gains_rates_and_machines_and_leaves_out_a_seed_that_is_not_finished()
    {
        var runs = new List<RunRecord>();
        while (new Study(_methods, runs).Next() is var (method, seed, rate) && (seed, method.Name) != (4, "ls"))
        {
            var gain = method.Name == "ls" ? 0.02 : 0;
            var record = Record(method.Name, seed, rate, 0.5 - Math.Abs(Math.Log2(rate / 0.05)) / 10);
            runs.Add(record with { Top1 = 0.3 + gain + seed / 100.0 });
        }

        var table = new StudyTable(new Study(_methods, runs));
        Assert.Equal([2, 3], table.Seeds);
        Assert.Equal(6, table.Compared.Count);
        var lines = table.Markdown().Split('\n');
        Assert.Contains("| cross entropy | 0.05 | 32.50 ± 0.71 |  |  | 10.00 ± 0.00 → 5.00 ± 0.00 | 2.000 ± 0.000 → 1.500 ± 0.000 |", lines);
        Assert.StartsWith("| label smoothing 0.1 | 0.05 | 34.50 ± 0.71 | +2.00 ± 0.00 | 0.000 |", lines.Single(line =>
            line.StartsWith("| label smoothing 0.1 | 0.05", StringComparison.Ordinal)), StringComparison.Ordinal);
        // No difference has no sign, whichever way it was rounded.
        Assert.Contains(lines, line => line.StartsWith("| Tf-KD_reg, the paper's form | 0.05 | 32.50 ± 0.71 | 0.00 ± 0.00 |", StringComparison.Ordinal));
        Assert.Contains("| cross entropy | 40.00 | **50.00** | 40.00 | 30.00 |", lines);
        Assert.Contains($"| one; 2 threads | 0.1.0+abc | {runs.Count} |", lines);
        Assert.Contains(
            "dotnet run -c Release --project examples/TeacherFreeCifar -- study --preset few --data FOLDER --weights FOLDER", lines);
        Assert.NotNull(XDocument.Parse(Figures.Rates(new Study(_methods, runs))).Root);
        Assert.NotNull(XDocument.Parse(Figures.Gains(new Study(_methods, runs))).Root);
    }

    [Fact]
    public void A_longer_run_has_the_best_rate_of_the_shorter_up_to_a_limit_and_half_of_it_is_tried_last()
    {
        // 0.2 is best for the first method, 0.05 for the second; of the third one rate is not tried yet.
        var shorter = _methods.SelectMany(method => new[] { 0.025, 0.05, 0.1, 0.2, 0.4 }.Select(rate => Record(
            method.Name, 1, rate, 0.9 - Math.Abs(Math.Log2(rate / (method == _methods[0] ? 0.2 : 0.05))) / 10))).ToList();
        shorter.RemoveAll(run => run.Method == _methods[2].Name && run.LearningRate == 0.1);
        var runs = new List<RunRecord>();
        var order = new List<string>();
        while (new Study(_methods, runs, shorter).Next() is var (method, seed, rate))
        {
            order.Add(FormattableString.Invariant($"{method.Name} {rate} {seed}"));
            runs.Add(Record(method.Name, seed, rate, 0.5 - rate));
        }

        Assert.Equal(
            [
                .. new[] { 2, 3, 4 }.SelectMany(seed => new[] { $"baseline 0.1 {seed}", $"ls 0.05 {seed}" }),
                "baseline 0.1 1", "baseline 0.05 1", "ls 0.05 1", "ls 0.025 1",
            ],
            order);
        // What was tried last chooses nothing.
        var study = new Study(_methods, runs, shorter);
        Assert.Equal([0.1, 0.05, null], _methods.Select(study.RateOf));
        var lines = new StudyTable(study).Markdown().Split('\n');
        Assert.Contains("| label smoothing 0.1 | 47.50 | **45.00** |  |", lines);
        Assert.Contains(lines, line => line.StartsWith("Seeds 2 3 4, mean", StringComparison.Ordinal));
    }

    [Fact]
    public void The_shorter_runs_are_those_of_its_preset_in_the_same_numbers_on_as_many_rows()
    {
        var shorter = Study.Rates.Select(rate => Record("baseline", 1, rate, 0.5 - Math.Abs(rate - 0.1))).ToList();
        Assert.Equal([0.1, 0.1, 0.1, 0.1, 0.05], Missing(Preset.Long, 5000));
        Assert.Equal([0.1, 0.1, 0.1, 0.1, 0.05], Missing(Preset.Long with { LearningRate = 0.4 }, 5000));
        Assert.Empty(Missing(Preset.Long, 400));
        Assert.Empty(Missing(Preset.Long with { Epochs = 30 }, 5000));
        Assert.Empty(Missing(Preset.Long with { Precision = Precision.BFloat16 }, 5000));

        IEnumerable<double> Missing(Preset preset, int rows) => Study.Of(preset, rows, shorter).Missing().Select(run => run.Rate);
    }

    [Fact]
    public void Gains_are_over_the_first_method_at_the_same_rate()
    {
        RunRecord[] runs =
        [
            Record("baseline", 1, 0.05, 0.3), Record("baseline", 1, 0.1, 0.4), Record("baseline", 1, 0.2, 0) with { Diverged = true },
            Record("baseline", 2, 0.05, 0.9),
            Record("ls", 1, 0.1, 0.35), Record("ls", 1, 0.05, 0.5), Record("ls", 1, 0.2, 0.1), Record("ls", 1, 0.4, 0.1),
        ];
        Assert.Equal(
            [(0.05, 0.2), (0.1, -0.05)],
            new Study(_methods, runs).GainsByRate(_methods[1]).Select(point => (point.Rate, Math.Round(point.Gain, 12))));
    }

    [Fact]
    public void A_method_that_diverges_has_no_part_in_the_model()
    {
        var runs = new List<RunRecord>();
        while (new Study(_methods, runs).Next() is var (method, seed, rate))
            runs.Add(Record(method.Name, seed, rate, 0.5 - Math.Abs(rate - 0.1) + seed / 1000.0));
        var whole = new StudyTable(new Study(_methods, runs)).Markdown();
        var lost = runs.FindIndex(run => run.Method == "ls" && run.Seed == 3);
        runs[lost] = Record("ls", 3, 0.1, 0) with { Diverged = true, ValidationCurve = [], EceAtTemperature = null };
        var table = new StudyTable(new Study(_methods, runs));
        var lines = table.Markdown().Split('\n');
        Assert.Contains("| label smoothing 0.1 | 0.1 | diverged with 1 of 5 seeds | | | | |", lines);
        Assert.DoesNotContain(table.Compared, run => run.Method == "ls");
        var others = new StudyTable(
            new Study([.. _methods.Where(method => method.Name != "ls")], [.. runs.Where(run => run.Method != "ls")]));
        Assert.Equal(Gain(others.Markdown().Split('\n')), Gain(lines));
        Assert.NotNull(XDocument.Parse(Figures.Accuracy(table.Compared)).Root);
        Assert.Contains("| label smoothing 0.1 | 0.1 | 50", whole, StringComparison.Ordinal);

        static string Gain(string[] lines) => lines.First(line => line.StartsWith("| Tf-KD_reg, the paper's form", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_a_rate_of_the_first_method_nothing_is_a_gain()
    {
        var runs = new List<RunRecord>();
        while (new Study(_methods, runs).Next() is var (method, seed, rate))
            runs.Add(Record(method.Name, seed, rate, 0.5 - Math.Abs(rate - 0.1)));
        // Better than its grid's best, so that one beyond it is to be tried.
        runs.Add(Record("baseline", 1, 0.4, 0.9));
        var line = new StudyTable(new Study(_methods, runs)).Markdown().Split('\n')
            .First(line => line.StartsWith("| Tf-KD_reg, the paper's form | 0.1", StringComparison.Ordinal));
        Assert.Contains("|  |  |", line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rate_at_the_end_of_the_longest_grid_is_marked()
    {
        var runs = new List<RunRecord>();
        while (new Study([_methods[0]], runs).Next() is var (method, seed, rate) && seed == 1)
            runs.Add(Record(method.Name, seed, rate, rate / 2));
        Assert.Contains("**40.00** (the end) |", new StudyTable(new Study([_methods[0]], runs)).Markdown(), StringComparison.Ordinal);
        Assert.Null(new Study([_methods[0]], runs.ConvertAll(run => run with { Diverged = true, ValidationTop1 = 0 })).RateOf(_methods[0]));
    }

    [Fact]
    public void Runs_of_another_rate_are_another_table_where_all_methods_have_one()
    {
        var first = Record("baseline", 1, 0.1, 0.4) with { Preset = "cpu", Epochs = 3 };
        var groups = Tables.Groups([first, first with { LearningRate = 0.2 }, first with { Seed = 2 }]).ToList();
        Assert.Equal(["cpu-3-epochs-5000-rows", "cpu-3-epochs-5000-rows-at-0.2"], groups.Select(group => group.Name));
        Assert.Contains("--learning-rate 0.2", Tables.Markdown(groups[1].Runs), StringComparison.Ordinal);
        Assert.DoesNotContain("--learning-rate", Tables.Markdown(groups[0].Runs), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_whole_seed_the_table_has_the_rates_alone()
    {
        var table = new StudyTable(
            new Study(_methods, [Record("baseline", 1, 0.05, 0.5), Record("baseline", 1, 0.1, 0) with { Diverged = true }]));
        Assert.Contains("No seed is finished yet", table.Markdown(), StringComparison.Ordinal);
        Assert.Contains("| cross entropy | 50.00 | diverged |", table.Markdown(), StringComparison.Ordinal);
        Assert.Equal(0.05, Assert.Single(table.Compared).LearningRate);
    }

    [Fact]
    public void Reliability_is_that_of_all_rows_of_a_method()
    {
        var runs = new[] { (Rows: 1, Accuracy: 0.5), (Rows: 3, Accuracy: 1.0) }.Select((bin, seed) => Record("ls", seed, 0.05, 0.5) with
        {
            Reliability =
            [
                .. seed == 0 ? [new(0.1, 0.2, 5, 0.15, 0.1)] : Array.Empty<CalibrationBin>(),
                new(0.8, 0.9, bin.Rows, 0.8 + 0.04 * seed, bin.Accuracy),
            ],
        }).ToList();
        Assert.Equal([new(0.1, 0.2, 5, 0.15, 0.1), new(0.8, 0.9, 4, (0.8 + 3 * 0.84) / 4, 0.875)], Figures.Pooled(runs));
        var svg = XDocument.Parse(Figures.Reliability([.. runs, Record("baseline", 2, 0.05, 0.5)])!).Root!.Value;
        Assert.Contains("as accurate as confident", svg, StringComparison.Ordinal);
        Assert.DoesNotContain("baseline", svg, StringComparison.Ordinal);
        Assert.Null(Figures.Reliability([Record("baseline", 2, 0.05, 0.5)]));
    }

    private static RunRecord Record(string method, long seed, double rate, double heldOut) => RunRecords.Of(method, seed, heldOut) with
    {
        Preset = "few",
        LearningRate = rate,
        Machine = "one; 2 threads",
        Version = "0.1.0+abc",
        Epochs = 30,
        Rows = 5000,
        EceAtTemperature = 0.05,
        NllAtTemperature = 1.5,
    };
}
