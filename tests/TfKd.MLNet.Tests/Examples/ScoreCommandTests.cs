using System.CommandLine;
using System.Diagnostics;
using System.Reflection;
using System.Text.RegularExpressions;
using OnnxServing;

namespace TfKd.MLNet.Tests;

/// <summary>The worker as a batch scheduler meets it: variables, exit codes, kills.</summary>
public sealed class ScoreCommandTests(ScoredFolder folder) : IClassFixture<ScoredFolder>, IDisposable
{
    private readonly TemporaryFolder _out = new();

    public void Dispose() => _out.Dispose();

    [Theory]
    [InlineData("", "0/1")]
    [InlineData("SCORE_SHARDS=1", "0/1")]
    [InlineData("SLURM_ARRAY_TASK_ID=3 SLURM_ARRAY_TASK_COUNT=8 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX=7", "3/8")]
    [InlineData("SLURM_ARRAY_TASK_ID=3 SLURM_ARRAY_TASK_COUNT=8 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_MAX=8 SLURM_ARRAY_TASK_STEP=1",
        "2/8")]
    [InlineData("SLURM_ARRAY_TASK_ID=14 SLURM_ARRAY_TASK_COUNT=3 SLURM_ARRAY_TASK_MIN=4 SLURM_ARRAY_TASK_MAX=14 SLURM_ARRAY_TASK_STEP=5",
        "2/3")]
    [InlineData("SLURM_ARRAY_TASK_ID=5 SLURM_ARRAY_TASK_COUNT=2 SLURM_ARRAY_TASK_MIN=3 SLURM_ARRAY_TASK_MAX=5 SCORE_SHARDS=8", "5/8")]
    [InlineData("JOB_COMPLETION_INDEX=7 SCORE_SHARDS=8", "7/8")]
    [InlineData("SLURM_ARRAY_TASK_ID=7 SLURM_ARRAY_TASK_COUNT=3 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_MAX=7 SLURM_ARRAY_TASK_STEP=1",
        "The array's 3 tasks from 1 to 7 in steps of 1 are not evenly spaced, so that SLURM_ARRAY_TASK_ID 7 names no shard: " +
        "set SCORE_SHARDS, and SLURM_ARRAY_TASK_ID counts from 0.")]
    [InlineData("SLURM_ARRAY_TASK_ID=8 SCORE_SHARDS=8",
        "SLURM_ARRAY_TASK_ID and SCORE_SHARDS: the shard must be from 0 to 7, of 8, but is 8.")]
    [InlineData("SLURM_ARRAY_TASK_ID=8", "SLURM_ARRAY_TASK_COUNT must be a number, but is ''.")]
    [InlineData("JOB_COMPLETION_INDEX=7",
        "JOB_COMPLETION_INDEX is 7, but Kubernetes does not say how many completions the job has: " +
        "set SCORE_SHARDS to spec.completions, or give --shard 7/N.")]
    [InlineData("JOB_COMPLETION_INDEX=x SCORE_SHARDS=8", "JOB_COMPLETION_INDEX must be a number, but is 'x'.")]
    [InlineData("SCORE_SHARDS=8",
        "SCORE_SHARDS is 8, but neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX says which shard this is: give --shard i/8.")]
    public void The_scheduler_says_which_shard_it_is(string variables, string expected)
    {
        var values = variables.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(variable => variable.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
        if (expected.Contains(' ', StringComparison.Ordinal))
            Assert.Equal(expected, Assert.Throws<UsageException>(() => Shard.FromEnvironment(values.GetValueOrDefault)).Message);
        else
            Assert.Equal(expected, Shard.FromEnvironment(values.GetValueOrDefault).ToString());
    }

    [Theory]
    [InlineData("8/8", "--shard 8/8: the shard must be from 0 to 7, of 8, but is 8.")]
    [InlineData("-1/8", "--shard must be i/N with i from 0 to N-1, as 0/8 and 7/8, but is '-1/8'.")]
    [InlineData("3", "--shard must be i/N with i from 0 to N-1, as 0/8 and 7/8, but is '3'.")]
    public async Task What_contradicts_itself_is_exit_code_2(string shard, string expected)
    {
        Assert.Equal((2, expected), await Invoke(["--shard", shard]));
        Assert.Equal((2, "--output must end with .csv or .parquet, but is 'x.json'."), await Invoke(["--output", "x.json"]));
        Assert.Equal((2, "--max-bad must be within 0 and 100, but is 101."), await Invoke(["--max-bad", "101"]));
        Assert.Equal(
            (2, "--input must be a folder or a text file, but 'missing' is not there."), await Invoke(["--input", "missing"]));
        Assert.Empty(Directory.GetFiles(_out.Path));
    }

    [Fact]
    public async Task A_shard_that_fails_is_exit_code_1_and_one_that_is_finished_0()
    {
        Assert.Equal(1, (await Invoke(["--max-bad", "1"])).Code);
        var (code, error) = await Invoke([]);
        Assert.Equal(0, code);
        Assert.Contains(": 25 photos scored, 2 bad, ", error, StringComparison.Ordinal);
        Assert.Equal((0, $"'{_out.File("scores.csv")}' is finished."), await Invoke([]));
    }

    /// <summary>A job whose number of tasks is not that of its shards would leave photos out, or do nothing.</summary>
    [Fact]
    public void The_job_files_have_as_many_tasks_as_shards_and_options_that_there_are()
    {
        var options = ScoreCommand.Create(_ => null).Options.Select(option => option.Name).ToHashSet();
        foreach (var (file, tasks) in new[] { ("score.sbatch", "--array=0-7\n"), ("score-job.yaml", "completions: 8\n") })
        {
            var text = File.ReadAllText(TfKd.Tests.Repository.PathOf($"examples/OnnxServing/Score/{file}"));
            Assert.Contains(tasks, text, StringComparison.Ordinal);
            Assert.Matches("SCORE_SHARDS(=8|\n *value: \"8\")\n", text);
            var used = Regex.Matches(text[text.LastIndexOf("--model", StringComparison.Ordinal)..], "--[a-z-]+")
                .Select(match => match.Value);
            Assert.Empty(used.Except(options));
            Assert.Contains("--output", text, StringComparison.Ordinal);
        }
    }

    /// <summary>As a node that fails, or a preempted pod. The same is done twenty times by the benchmark 'worker'.</summary>
    [Fact]
    public async Task Killed_and_started_again_it_loses_and_doubles_nothing()
    {
        var program = typeof(ScoreCommandTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(attribute => attribute.Key == "ScoreWorker").Value!;
        var (list, last) = (_out.File("list.txt"), _out.File("last.jpg"));
        await File.WriteAllLinesAsync(
            list,
            [.. Enumerable.Range(0, 1_000).Select(i => Path.Combine(folder.Photos, folder.Good[3 + i % 20])), last],
            TestContext.Current.CancellationToken);
        var photo = _out.File("photo.jpg");
        File.Copy(Path.Combine(folder.Photos, folder.Good[0]), photo);
        // Whoever reads a pipe waits: no worker comes to its end before it may, however fast it is.
        using (var pipe = Process.Start("mkfifo", [last]))
            await pipe.WaitForExitAsync(TestContext.Current.CancellationToken);
        var killed = await new KilledWorker(program, seed: 1, _ => { }).Kill(
            times: 3,
            folder.Settings(_out.File("scores.csv"), list) with { Scores = true },
            () => File.Move(photo, last, overwrite: true),
            TestContext.Current.CancellationToken);
        Assert.Equal(3, killed);
        var unbroken = folder.Settings(_out.File("unbroken.csv"), list) with { Scores = true };
        using var messages = new StringWriter();
        await new ScoreRun(unbroken, messages).Run(TestContext.Current.CancellationToken);
        Assert.Equal(
            await File.ReadAllLinesAsync(unbroken.Output, TestContext.Current.CancellationToken),
            await File.ReadAllLinesAsync(_out.File("scores.csv"), TestContext.Current.CancellationToken));
        Assert.Equal(
            ["last.jpg", "list.txt", "scores.csv", "scores.csv.json", "unbroken.csv", "unbroken.csv.json"],
            Directory.GetFiles(_out.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    private async Task<(int Code, string Error)> Invoke(string[] more)
    {
        string[] all = ["--model", folder.Model, "--input", folder.Photos, "--output", _out.File("scores.csv")];
        for (var i = 0; i < more.Length; i += 2)
        {
            var place = Array.IndexOf(all, more[i]);
            all = place < 0 ? [.. all, more[i], more[i + 1]] : [.. all[..place], more[i], more[i + 1], .. all[(place + 2)..]];
        }

        using var error = new StringWriter();
        using var output = new StringWriter();
        var code = await ScoreCommand.Create(_ => null).Parse(all).InvokeAsync(
            new InvocationConfiguration { Output = output, Error = error }, TestContext.Current.CancellationToken);
        return (code, error.ToString().TrimEnd());
    }
}
