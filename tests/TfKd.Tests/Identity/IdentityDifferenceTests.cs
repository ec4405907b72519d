namespace TfKd.Tests;

public sealed class IdentityDifferenceTests
{
    private static readonly TrainingPlan _plan = new()
    {
        Objective = new KnowledgeDistillation { Temperature = 2 },
        Teacher = new VirtualTeacher()
    };

    [Fact]
    public void Only_what_differs_is_told_with_both_values() =>
        Assert.Equal("Plan.BatchSize: 16 there, 8 here\nPlan.Seed: Int64 0 there, Int64 3 here",
            Between(_plan with { BatchSize = 16 }, _plan with { BatchSize = 8, Seed = 3 }));

    [Fact]
    public void A_default_is_told_as_what_it_is()
    {
        Assert.Equal("Plan.BatchSize: 16 there, 128 here", Between(_plan with { BatchSize = 16 }, _plan));
        Assert.Equal("Plan.Schedule.Epochs: 1.0 there, 2.0 here",
            Between(_plan, _plan with { Schedule = new WarmUpSchedule { Epochs = 2 } }));
        Assert.Equal("Plan.Objective: TfKd.CrossEntropy there, TfKd.KnowledgeDistillation here",
            Between(_plan with { Objective = new CrossEntropy() }, _plan));
    }

    [Fact]
    public void Of_another_type_the_members_are_not_told() => Assert.Equal(
        "Plan.Teacher: TfKd.VirtualTeacher there, TfKd.SelfTeacher here",
        Between(_plan with { Teacher = new VirtualTeacher { CorrectProbability = 0.5 } },
            _plan with { Teacher = new SelfTeacher { Generations = 3 } }));

    [Fact]
    public void An_item_of_a_list_is_told_by_its_number() => Assert.Equal(
        "Plan.Augmentations[1].Degrees: 5.0 there, 6.0 here",
        Between(
            _plan with { Augmentations = [new RandomCrop(), new Rotation { Degrees = 5 }] },
            _plan with { Augmentations = [new RandomCrop(), new Rotation { Degrees = 6 }] }));

    [Fact]
    public void Many_lines_are_counted()
    {
        var (there, here) = (Enumerable.Range(0, 30), Enumerable.Range(1, 30));
        var text = IdentityDifference.Describe(Rows(there), Rows(here), new Dictionary<string, string>());
        Assert.EndsWith("\nand 10 more", text, StringComparison.Ordinal);
        Assert.Equal(21, text.Split('\n').Length);

        static string Rows(IEnumerable<int> numbers) => string.Join('\n', numbers.Select((number, i) => $"Row {i}: {number}"));
    }

    private static string Between(TrainingPlan there, TrainingPlan here) =>
        IdentityDifference.Describe(CanonicalText.Of(("Plan", there)), CanonicalText.Of(("Plan", here)),
            CanonicalText.DefaultsOf(("Plan", here)));
}
