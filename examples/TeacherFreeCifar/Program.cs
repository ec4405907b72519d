// Runs the experiments of Yuan et al., CVPR 2020, on CIFAR-100. --help lists the commands; each goes on where it was stopped.
//     dotnet run -c Release --project examples/TeacherFreeCifar -- all --preset cpu --seeds 1 2 3 --data FOLDER --weights FOLDER
using System.CommandLine;
using System.Globalization;
using TeacherFreeCifar;
using TfKd;

const int Failure = 1, Usage = 2, Interrupted = 130;

var data = new Option<DirectoryInfo>("--data")
{
    HelpName = "FOLDER",
    Recursive = true,
    Description = "CIFAR-100's binary version: train.bin, test.bin, fine_label_names.txt.",
};
var weights = new Option<DirectoryInfo>("--weights")
{
    HelpName = "FOLDER",
    Recursive = true,
    Description = "Folder with cifar100_resnet56.pth, the teacher of kd, kd-code, dkd, dist, nkd and z-score-kd, " +
        "and cifar100_resnet32.pth, that of kd-32.",
};
var presetName = new Option<string>("--preset")
{
    HelpName = "NAME",
    Recursive = true,
    Description = "paper: 200 epochs, for a GPU. cpu: three, for two cores. few: 30 on 5,000 rows, where study chooses the learning rates. long: 60, after few.",
    DefaultValueFactory = _ => Preset.Cpu.Name,
};
presetName.AcceptOnlyFromAmong([.. Preset.All.Keys]);
var epochs = Above0("--epochs", "Epochs instead of the preset's.");
var rows = Above0("--rows", "Only so many training rows, to try things out; the first hundreds have as many of each class.");
var minutes = Above0("--minutes", "Begin no run after so many minutes.");
var rate = new Option<double?>("--learning-rate")
{
    HelpName = "X",
    Recursive = true,
    Description = "The learning rate instead of the preset's, 0.1.",
};
rate.Validators.Add(result =>
{
    if (result.Tokens is [{ Value: var text }] && double.TryParse(text, CultureInfo.InvariantCulture, out var value) && !(value > 0))
        result.AddError($"--learning-rate must be above 0, but is {text}.");
});
var precision = new Option<Precision>("--precision")
{
    HelpName = "NUMBERS",
    Recursive = true,
    Description = "What the networks compute in.",
    DefaultValueFactory = _ => Precision.Float32,
};
var seeds = new Option<long[]>("--seeds")
{
    HelpName = "N ...",
    Recursive = true,
    AllowMultipleArgumentsPerToken = true,
    Description = "Seeds, a run each.",
    DefaultValueFactory = _ => [1, 2, 3],
};
var results = new Option<DirectoryInfo>("--results")
{
    HelpName = "FOLDER",
    Recursive = true,
    Description = "Where finished runs and tables are written.",
    DefaultValueFactory = _ => new DirectoryInfo("examples/TeacherFreeCifar/results"),
};
var work = new Option<DirectoryInfo>("--work")
{
    HelpName = "FOLDER",
    Recursive = true,
    Description = "Where checkpoints and trained weights are kept.",
    DefaultValueFactory = _ => new DirectoryInfo(
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "tfkd", "teacher-free-cifar")),
};

var root = new RootCommand("Knowledge distillation and its teacher-free kin on CIFAR-100, ResNet-20: Yuan et al., CVPR 2020.")
{
    data, weights, presetName, epochs, rows, rate, precision, minutes, seeds, results, work,
};
foreach (var method in Method.All)
    root.Add(Doing(method.Name, $"Trains by {method.Title}.", (given, token) => Run([method], given, token)));
root.Add(Doing("all", "Trains by all methods, one seed after the other.", (given, token) => Run(Method.All, given, token)));
root.Add(
    Doing("study", "Chooses a learning rate for each method, then compares them over five other seeds.", RunStudy));
root.Add(
    Doing("figures", "Draws the soft targets of a good, a poor and the virtual teacher; trains the poor one where it is missing.", Draw));
root.Add(Doing("teachers", "Tests the teachers; trains those that are missing.", TestTeachers));
root.Add(Doing("tables", "Writes the tables of the runs that are finished.", (given, token) =>
{
    using var file = OpenResults(given, token);
    WriteTables(given.GetRequiredValue(results), file);
}));
return await root.Parse(args).InvokeAsync();

void Run(IReadOnlyList<Method> methods, ParseResult given, CancellationToken token)
{
    var (preset, laboratory) = (ChosenPreset(given), Open(given));
    Work(given, laboratory, token, finished =>
        from seed in given.GetRequiredValue(seeds)
        from method in methods
        where !Tables.Of(preset, laboratory.RowsOf(preset), finished)
            .Any(run => (run.Method, run.Seed, run.LearningRate) == (method.Name, seed, preset.LearningRate))
        select (method, seed, preset.LearningRate), _ => null);
}

void RunStudy(ParseResult given, CancellationToken token)
{
    var (preset, laboratory) = (ChosenPreset(given), Open(given));
    if (preset.Studied.Count == 0)
    {
        throw new ArgumentException(
            $"--preset {preset.Name} has one learning rate for all methods; expected " +
            $"{string.Join(" or ", Preset.All.Values.Where(other => other.Studied.Count > 0).Select(other => other.Name))}.");
    }

    Work(given, laboratory, token, finished => Of(finished).Missing(), finished => Of(finished).RateOf(Method.All[0]));

    Study Of(IReadOnlyList<RunRecord> finished) => Study.Of(preset, laboratory.RowsOf(preset), finished);
}

// Each run anew from what is finished: what is to be done may depend on it, and other processes are at work, too.
void Work(
    ParseResult given,
    Laboratory laboratory,
    CancellationToken token,
    Func<IReadOnlyList<RunRecord>, IEnumerable<(Method, long, double)>> missing,
    Func<IReadOnlyList<RunRecord>, double?> baselineRate)
{
    var (started, preset) = (DateTime.UtcNow, ChosenPreset(given));
    while (Missing() is { Count: > 0 } runs && !IsLate(given, started))
    {
        if (!runs.Any(TryFinish))
            Claim.Pause(TimeSpan.FromSeconds(5), token);
    }

    List<(Method, long, double)> Missing() => [.. missing(Finished())];

    IReadOnlyList<RunRecord> Finished()
    {
        using var file = OpenResults(given, token);
        return file.Read();
    }

    bool TryFinish((Method Method, long Seed, double Rate) wanted)
    {
        var own = preset with { LearningRate = wanted.Rate };
        using var claim = laboratory.TryClaim(own, wanted.Method, wanted.Seed);
        // Another process may have finished it since.
        if (claim is null || !Missing().Contains(wanted))
            return false;
        var self = preset with { LearningRate = baselineRate(Finished()) ?? wanted.Rate };
        Finish(laboratory.Run(own, wanted.Method, wanted.Seed, self, token), given, token);
        return true;
    }
}

bool IsLate(ParseResult given, DateTime started) =>
    given.GetValue(minutes) is { } limit && DateTime.UtcNow - started > TimeSpan.FromMinutes(limit);

void Finish(RunRecord record, ParseResult given, CancellationToken token)
{
    using var file = OpenResults(given, token);
    file.Append(record);
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{Tables.MethodOf(record).Title}, learning rate {record.LearningRate}, seed {record.Seed}: " +
        $"top-1 on the test rows {record.Top1:P2}, ECE {record.Ece:P2} ({record.EceAtTemperature:P2} at a temperature of " +
        $"{record.Temperature:F2}, which the rows held out chose), " +
        $"{record.Seconds:F0} s of training"));
    WriteTables(given.GetRequiredValue(results), file);
}

void WriteTables(DirectoryInfo folder, ResultsFile file)
{
    var finished = file.Read();
    foreach (var (name, runs) in Tables.Groups(finished))
    {
        var preset = Tables.PresetOf(runs[0]);
        var study = preset.Studied.Count > 0 ? Study.Of(preset, runs[0].Rows, finished) : null;
        var ofStudy = study is null ? null : new StudyTable(study);
        Write($"{name}.md", ofStudy?.Markdown() ?? Tables.Markdown(runs));
        Write($"{name}.csv", Tables.Csv(runs));
        var compared = ofStudy?.Compared ?? runs;
        Write($"{name}.svg", Figures.Accuracy(compared));
        if (Figures.Reliability(compared) is { } reliability)
            Write($"{name}-reliability.svg", reliability);
        if (study is not null)
        {
            Write($"{name}-rates.svg", Figures.Rates(study));
            Write($"{name}-gains.svg", Figures.Gains(study));
        }
    }

    void Write(string name, string text) => File.WriteAllText(Path.Combine(folder.FullName, name), text);
}

void Draw(ParseResult given, CancellationToken token)
{
    var (preset, folder) = (ChosenPreset(given), given.GetRequiredValue(results));
    var laboratory = Open(given);
    folder.Create();
    foreach (var (name, answers) in laboratory.SoftTargets(preset, token))
    {
        File.WriteAllText(
            Path.Combine(folder.FullName, $"soft-targets-{name.Split(',')[0].Replace(' ', '-')}.svg"),
            Figures.SoftTargets(name, answers, laboratory.ClassNames));
    }
}

void TestTeachers(ParseResult given, CancellationToken token)
{
    var (preset, laboratory, folder) = (ChosenPreset(given), Open(given), given.GetRequiredValue(results));
    folder.Create();
    var table = Tables.Teachers(preset, laboratory.RowsOf(preset), laboratory.TestTeachers(preset, token));
    File.WriteAllText(Path.Combine(folder.FullName, $"{preset.FileName(laboratory.RowsOf(preset))}-teachers.md"), table);
    Console.Write(table);
}

Laboratory Open(ParseResult given)
{
    var folder = given.GetValue(data)?.FullName ?? throw new ArgumentException("--data is missing: the folder of CIFAR-100.");
    IImageSource training = Cifar100.Read(folder, "train");
    if (given.GetValue(rows) is { } count)
        training = new SourceSubset(training, Enumerable.Range(0, Math.Min(count, training.Count)));
    return new Laboratory(
        training,
        new Lazy<IImageSource>(() => Cifar100.Read(folder, "test")),
        given.GetValue(weights)?.FullName,
        given.GetRequiredValue(work).FullName,
        name => [new RunLog(name)]);
}

Preset ChosenPreset(ParseResult given)
{
    var preset = Preset.All[given.GetRequiredValue(presetName)];
    return preset with
    {
        Epochs = given.GetValue(epochs) ?? preset.Epochs,
        LearningRate = given.GetValue(rate) ?? preset.LearningRate,
        Precision = given.GetValue(precision),
    };
}

ResultsFile OpenResults(ParseResult given, CancellationToken token) =>
    new(Path.Combine(given.GetRequiredValue(results).FullName, "runs.jsonl"), token);

Command Doing(string name, string description, Action<ParseResult, CancellationToken> action)
{
    var command = new Command(name, description);
    command.SetAction((given, token) => Task.Run(() => Guarded(() => action(given, token)), token));
    return command;
}

Option<int?> Above0(string name, string description)
{
    var option = new Option<int?>(name) { HelpName = "N", Recursive = true, Description = description };
    option.Validators.Add(result =>
    {
        if (result.Tokens is [{ Value: var text }] && int.TryParse(text, CultureInfo.InvariantCulture, out var value) && value <= 0)
            result.AddError($"{name} must be above 0, but is {text}.");
    });
    return option;
}

int Guarded(Action action)
{
    try
    {
        action();
        return 0;
    }
    catch (OperationCanceledException)
    {
        Console.Error.WriteLine("Stopped; the same command goes on.");
        return Interrupted;
    }
    catch (Exception error) when (
        error is IOException or InvalidDataException or UnauthorizedAccessException or ArgumentException or InvalidOperationException
            or TrainingDivergedException)
    {
        Console.Error.WriteLine(error.Message);
        return error is ArgumentException ? Usage : Failure;
    }
}
