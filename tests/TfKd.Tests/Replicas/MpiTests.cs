using TfKd.MpiProbe;

namespace TfKd.Tests;

/// <summary>Processes that <c>mpirun</c> starts, by the libraries of the machine.</summary>
public sealed class MpiTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tfkd-mpi-").FullName;

    public static TheoryData<string> Launchers => MpiJob.Launchers;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Launchers))]
    public void Each_call_gives_what_it_should_and_null_references_stay_exceptions(string launcher)
    {
        var (code, output) = new MpiJob(launcher, 3).Run("sums");
        Assert.True(code == 0, output);
        Assert.Matches(@"2 of 3, (Open MPI v|MPICH )\d+\.\d+\S*, 1 threads", output);
    }

    [Theory]
    [MemberData(nameof(Launchers))]
    public void Losses_and_validation_are_those_of_one_process(string launcher)
    {
        var (one, three) = (Train(launcher, 1), Train(launcher, 3));
        Assert.All(three, outcome => Assert.Equal(three[0].Weights, outcome.Weights));
        Assert.Equal(one[0].Accuracies, three[0].Accuracies);
        Assert.All(one[0].Losses.Zip(three[0].Losses), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
        Assert.All(one[0].ValidationLosses.Zip(three[0].ValidationLosses), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
    }

    [Theory]
    [MemberData(nameof(Launchers))]
    public void One_that_fails_ends_the_job_and_says_why(string launcher)
    {
        var (code, output) = new MpiJob(launcher, 2).Run("fail");
        Assert.NotEqual(0, code);
        Assert.Matches(@"Replica 1 of 2 on \S+ ends the job: System\.NotSupportedException: the photos are gone", output);
    }

    [Theory]
    [MemberData(nameof(Launchers))]
    public void One_that_is_killed_ends_the_job(string launcher) => Assert.NotEqual(0, new MpiJob(launcher, 2).Run("leave").ExitCode);

    [Theory]
    [MemberData(nameof(Launchers))]
    public void One_that_is_stopped_ends_the_job_after_the_deadline(string launcher)
    {
        var (code, output) = new MpiJob(launcher, 2).Run("stop");
        Assert.NotEqual(0, code);
        Assert.Matches(
            @"Replica 0 of 2 on \S+ ends the job: it has waited \d+ s for the others; one of them is stopped, or does something else\. ",
            output);
    }

    /// <summary>The job is killed within its second epoch, and other processes go on from what the first of them left.</summary>
    [Theory]
    [MemberData(nameof(Launchers))]
    public void A_job_that_was_killed_goes_on_with_another_number_of_processes(string launcher)
    {
        using (var job = new MpiJob(launcher, 3).Start("train", "40", _folder))
        {
            while (job.StandardOutput.ReadLine() is { } line && !line.Contains("epoch 5,", StringComparison.Ordinal))
            {
            }

            job.Kill(entireProcessTree: true);
            job.WaitForExit();
        }

        Assert.True(File.Exists(Path.Combine(_folder, "checkpoints", "checkpoint.safetensors")));
        var (code, output) = new MpiJob(launcher, 2).Run("train", "40", _folder);
        Assert.True(code == 0, output);
        Assert.DoesNotContain("epoch 2,", output, StringComparison.Ordinal);
        Assert.Contains("epoch 40,", output, StringComparison.Ordinal);
        Assert.Equal(Outcomes(_folder, 2)[0].Weights, Outcomes(_folder, 2)[1].Weights);
    }

    private Outcome[] Train(string launcher, int count)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder, $"{count}")).FullName;
        var (code, output) = new MpiJob(launcher, count).Run("train", "2", folder);
        Assert.True(code == 0, output);
        return Outcomes(folder, count);
    }

    private static Outcome[] Outcomes(string folder, int count) =>
        [.. Enumerable.Range(0, count).Select(rank => Outcome.Read(folder, rank))];
}
