using Microsoft.ML;

namespace TfKd.MLNet.Tests;

/// <summary>The chain of the guide to teachers: each model teaches the next.</summary>
public sealed class TeachingAssistantTests
{
    [Fact]
    public void The_student_learns_from_the_teacher_by_way_of_the_assistant()
    {
        var (student, sha) = Student(teacherWidth: 6);

        Assert.Equal(3, ((SmallCnn)ArchitectureJson.Read(student.Architecture)).Width);
        Assert.NotNull(student.Training.TeacherReport);
        Assert.Equal(sha, Student(teacherWidth: 6).WeightsSha256);
        // The assistant is the same but for its teacher, and the student but for its assistant.
        Assert.NotEqual(sha, Student(teacherWidth: 5).WeightsSha256);
    }

    private static (ModelCard Card, string WeightsSha256) Student(int teacherWidth)
    {
        // Each context draws the same seeds, one a step.
        var ml = new MLContext(seed: 1);
        var rows = TestRows.WithKeys(ml, ml.Data.LoadFromEnumerable(TestRows.Make(30)));
        NetworkArchitecture[] networks = [.. new[] { teacherWidth, 4, 3 }.Select(width => TestModels.Architecture with { Width = width })];
        using var student = TeachersPage.TeachInSteps(ml, rows, TrainingRuns.Options with { MaxEpochs = 1 }, networks)!;
        return (student.Model.Card, student.Model.Card.WeightsSha256);
    }
}
