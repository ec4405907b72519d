#!/usr/bin/env dotnet
// Trains a classifier of photos from the command line; one file, no project. From the top of the checkout:
//     dotnet run -c Release examples/ModelBuilder/train.cs -- --data FOLDER --objective tf-kd-reg
// From this folder, where 'dotnet run train.cs' would take the name for an argument of the project beside it: dotnet train.cs --data FOLDER
#:project ../../src/TfKd.MLNet/TfKd.MLNet.csproj
// Versions come from Directory.Packages.props, as those of projects do; outside of the checkout, write them here: Name@Version.
#:package System.CommandLine
#:package Spectre.Console
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Spectre.Console;
using TfKd;
using TfKd.MLNet;

const int Failure = 1, Usage = 2, Interrupted = 130;
const double TestFraction = 0.2;

var data = new Option<DirectoryInfo>("--data")
{
    Required = true,
    HelpName = "FOLDER",
    Description = $"Folder of photos, one sub-folder a class. {TestFraction:P0} of them are held out to test on.",
};
var objective = Choice(
    "--objective", Objectives.Names, "cross-entropy", "What is minimised; those that need a teacher take one from --teacher.");
var teacher = new Option<string?>("--teacher")
{
    HelpName = "TEACHER",
    Description = "self: the same network, trained first. previous-epoch: the student an epoch ago. " +
        "trained:NETWORK: another network, trained first. model:FILE: a saved model.",
};
var network = Choice("--network", Networks.All.Keys, "small-cnn", "What is trained.");
var imageSize = Above(
    0,
    new Option<int?>("--image-size")
    {
        HelpName = "PIXELS",
        Description = "Height and width that photos are scaled and cropped to. Default: the network's own.",
    });
var epochs = Above(
    0, new Option<int>("--epochs") { HelpName = "N", Description = "Passes over the training photos.", DefaultValueFactory = _ => 30 });
var batchSize = Above(0, new Option<int>("--batch-size") { HelpName = "N", Description = "Photos a step.", DefaultValueFactory = _ => 32 });
var learningRate = Above(
    0,
    new Option<double>("--learning-rate")
    {
        HelpName = "RATE",
        Description = "Highest learning rate of the run.",
        DefaultValueFactory = _ => 0.05,
    });
var seed = new Option<int>("--seed") { HelpName = "N", Description = "Seed of all that is random.", DefaultValueFactory = _ => 1 };
var weights = new Option<FileInfo?>("--weights")
{
    HelpName = "FILE",
    Description = "Published weights of the network to start from (.safetensors or .pth); their head is left out.",
};
var normalization = Choice(
    "--normalization",
    ["data", "imagenet"],
    "data",
    "What the input is normalised with: what the weights' file says, or else the photos; or ImageNet's, as most published weights want.");
var frozenStages = Above(
    -1,
    new Option<int>("--frozen-stages")
    {
        HelpName = "N",
        Description = "First stages of the network that keep the weights of --weights.",
        DefaultValueFactory = _ => 0,
    });
var mixing = Choice("--mixing", Mixings.All.Keys, "none", "Pairs of photos that are mixed with their labels.");
var checkpoints = new Option<DirectoryInfo?>("--checkpoints")
{
    HelpName = "FOLDER",
    Description = "Where the state of the run is kept, so that the same command goes on with a run that was stopped. Default: nowhere.",
};
var report = new Option<FileInfo?>("--report")
{
    HelpName = "FILE",
    Description = "HTML page with curves, confusions and mistakes, written while the run goes on. Default: none.",
};
var output = new Option<FileInfo>("--output")
{
    HelpName = "FILE",
    Description = "Where the model is saved, for mlContext.Model.Load.",
    DefaultValueFactory = _ => new FileInfo("model.zip"),
};
var onnx = new Option<FileInfo?>("--onnx")
{
    HelpName = "FILE",
    Description = "Where the network is saved for ONNX Runtime. Default: nowhere.",
};

var root = new RootCommand("Trains a classifier of photos with any objective, tests it on photos held out, and saves it.")
{
    data, objective, teacher, network, imageSize, epochs, batchSize, learningRate, seed, weights, normalization, frozenStages, mixing,
    checkpoints, report, output, onnx,
};
root.SetAction((arguments, token) =>
    Task.Run(() => Guarded(() => Train(arguments, token), goesOn: arguments.GetValue(checkpoints) is not null), token));

var parsed = root.Parse(args);
string[] errors =
[
    .. parsed.Errors.Count > 0 || parsed.Action != root.Action ? parsed.Errors.Select(error => error.Message) : Contradictions(parsed),
];
if (errors.Length == 0)
    return await parsed.InvokeAsync();
foreach (var error in errors)
    Console.Error.WriteLine(error);
Console.Error.WriteLine("--help lists the options.");
return Usage;

// What each option alone cannot know, and what would only be found at the end.
IEnumerable<string> Contradictions(ParseResult given)
{
    var objectiveName = given.GetRequiredValue(objective);
    var needsTeacher = Objectives.WithTeacher.ContainsKey(objectiveName);
    if (!given.GetRequiredValue(data).Exists)
        yield return $"--data: there is no folder '{given.GetRequiredValue(data).FullName}'.";
    if (needsTeacher && given.GetValue(teacher) is null)
        yield return $"--objective {objectiveName} needs a --teacher: self, previous-epoch, trained:NETWORK or model:FILE.";
    if (!needsTeacher && given.GetValue(teacher) is not null)
    {
        yield return $"--teacher: --objective {objectiveName} learns from no teacher; those that do are " +
            $"{string.Join(", ", Objectives.WithTeacher.Keys)}.";
    }

    if (given.GetValue(teacher) is { } name && Teachers.Of(name).Problem is { } problem)
        yield return $"--teacher: {problem}";
    if (given.GetValue(weights) is { Exists: false } missing)
        yield return $"--weights: there is no file '{missing.FullName}'.";
    if (given.GetValue(frozenStages) > 0 && given.GetValue(weights) is null)
        yield return "--frozen-stages: random weights teach nothing when frozen; it needs --weights.";
    var stageCount = Networks.All[given.GetRequiredValue(network)]().GetStages().Count;
    if (given.GetValue(frozenStages) > stageCount)
    {
        yield return $"--frozen-stages: {given.GetRequiredValue(network)} has {stageCount} stages, " +
            $"but {given.GetValue(frozenStages)} are to be frozen.";
    }

    if (given.GetRequiredValue(output).Directory is { Exists: false } outputFolder)
        yield return $"--output: there is no folder '{outputFolder.FullName}'.";
    if (given.GetValue(onnx)?.Directory is { Exists: false } onnxFolder)
        yield return $"--onnx: there is no folder '{onnxFolder.FullName}'.";
}

int Train(ParseResult given, CancellationToken token)
{
    var clock = Stopwatch.StartNew();
    var ml = new MLContext(given.GetValue(seed));
    var warnings = new List<string>();
    ml.Log += (_, message) =>
    {
        if (message.Kind == ChannelMessageKind.Warning)
            warnings.Add(message.RawMessage);
    };
    var photos = ml.Data.LoadImagesFromFolder(given.GetRequiredValue(data).FullName);
    var split = ml.Data.TrainTestSplit(photos, TestFraction, seed: given.GetValue(seed));
    var title = $"{given.GetRequiredValue(network)}, {given.GetRequiredValue(objective)}";
    var source = given.GetValue(teacher) is { } name ? Teachers.Of(name).Source : null;
    if (source is SelfTeacher or TrainedTeacher)
        Console.WriteLine("The teacher is trained first.");
    using var model = WithProgress(title, given.GetValue(epochs), watch =>
        ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.MulticlassClassification.Trainers.TorchImageClassification(new TorchImageClassificationTrainer.Options
            {
                Network = Networks.All[given.GetRequiredValue(network)](),
                Objective = Objectives.Make(given.GetRequiredValue(objective)),
                Teacher = source,
                ImageWidth = given.GetValue(imageSize) ?? 0, ImageHeight = given.GetValue(imageSize) ?? 0,
                MaxEpochs = given.GetValue(epochs),
                BatchSize = given.GetValue(batchSize),
                Optimizer = new Sgd { LearningRate = given.GetValue(learningRate), Nesterov = true },
                WeightsPath = given.GetValue(weights)?.FullName,
                Normalization = given.GetRequiredValue(normalization) == "imagenet" ? ChannelStatistics.ImageNet : null,
                FrozenStages = given.GetValue(frozenStages),
                Mixing = Mixings.All[given.GetRequiredValue(mixing)],
                CheckpointDirectory = given.GetValue(checkpoints)?.FullName,
                Callbacks = given.GetValue(report) is { } page ? [new HtmlReport(page.FullName) { Title = title }] : [],
                MetricsCallback = watch,
                CancellationToken = token,
            }))
            .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"))
            .Fit(split.TrainSet));
    var trained = clock.Elapsed;

    var metrics = ml.MulticlassClassification.Evaluate(model.Transform(split.TestSet));
    ml.Model.Save(model, split.TrainSet.Schema, given.GetRequiredValue(output).FullName);
    var transformer = model.OfType<TorchImageClassificationTransformer>().Single();
    if (given.GetValue(onnx) is { } file)
        transformer.SaveOnnx(file.FullName);

    warnings.ForEach(Console.Error.WriteLine);
    if (transformer.Model.Card.Training.TeacherReport is { } teacherReport)
        Console.WriteLine($"\n{teacherReport}");
    Console.WriteLine();
    Line(
        "photos",
        $"{photos.GetRowCount()} of {transformer.Model.ClassNames.Count} classes, " +
        $"{metrics.ConfusionMatrix.Counts.Sum(row => row.Sum()):F0} of them to test on");
    Line("top-1", $"{metrics.MicroAccuracy:P1}, log-loss {metrics.LogLoss:F3}");
    Line("time", $"{trained.TotalSeconds:F1} s to train, {(clock.Elapsed - trained).TotalSeconds:F1} s to test and save");
    foreach (var saved in new[] { given.GetRequiredValue(output), given.GetValue(onnx), given.GetValue(report) }.OfType<FileInfo>())
        Line("saved", $"{saved.FullName} ({new FileInfo(saved.FullName).Length / 1048576.0:F2} MiB)");
    return 0;
}

void Line(string name, string value) => Console.WriteLine($"{name,-10}{value}");

// A bar on a terminal; a line an epoch where the output goes to a file or a pipe.
T WithProgress<T>(string title, int total, Func<Action<EpochMetrics>, T> work)
{
    string Remark(EpochMetrics metrics) => $"{title}: epoch {metrics.Epoch + 1} of {total}, validation top-1 {metrics.Validation?.Top1:P1}";
    if (!AnsiConsole.Profile.Capabilities.Interactive || Console.IsOutputRedirected)
        return work(metrics => Console.WriteLine(Remark(metrics)));
    return AnsiConsole.Progress().AutoClear(true).Start(context =>
    {
        var task = context.AddTask(Markup.Escape(title), maxValue: total);
        return work(metrics => (task.Value, task.Description) = (metrics.Epoch + 1, Markup.Escape(Remark(metrics))));
    });
}

int Guarded(Func<int> run, bool goesOn)
{
    try
    {
        return run();
    }
    catch (OperationCanceledException)
    {
        Console.Error.WriteLine(goesOn ? "Stopped; the same command goes on." : "Stopped.");
        return Interrupted;
    }
    // What the user can put right is told in a line, all else with its stack.
    catch (Exception error) when (
        error is IOException or InvalidDataException or UnauthorizedAccessException or ArgumentException or InvalidOperationException
            or NotSupportedException or ImageDecodingException or TrainingDivergedException)
    {
        Console.Error.WriteLine(error.Message);
        return Failure;
    }
}

Option<string> Choice(string name, IReadOnlyCollection<string> values, string byDefault, string description)
{
    var option = new Option<string>(name)
    {
        HelpName = "NAME",
        Description = $"{description} One of: {string.Join(", ", values)}.",
        DefaultValueFactory = _ => byDefault,
    };
    option.Validators.Add(result =>
    {
        if (result.Tokens is [{ Value: var value }] && !values.Contains(value))
            result.AddError($"{name}: '{value}' is unknown; it is one of {string.Join(", ", values)}.");
    });
    option.CompletionSources.Add([.. values]);
    return option;
}

Option<T> Above<T>(double limit, Option<T> option)
{
    option.Validators.Add(result =>
    {
        if (result.Tokens is [{ Value: var text }]
            && double.TryParse(text, CultureInfo.InvariantCulture, out var value)
            && !(value > limit && double.IsFinite(value)))
            result.AddError($"{option.Name} must be {(limit < 0 ? "0 or above" : "above 0")}, but is {text}.");
    });
    return option;
}

internal static class Networks
{
    public static readonly Dictionary<string, Func<NetworkArchitecture>> All = new()
    {
        ["small-cnn"] = () => new SmallCnn(),
        ["cifar-resnet-8"] = () => new CifarResNet { Depth = 8 }, ["cifar-resnet-20"] = () => new CifarResNet { Depth = 20 },
        ["cifar-resnet-32"] = () => new CifarResNet { Depth = 32 },
        ["cifar-resnet-56"] = () => new CifarResNet { Depth = 56 },
        ["cifar-resnet-110"] = () => new CifarResNet { Depth = 110 },
        ["resnet-18"] = () => new ResNet { Depth = 18 }, ["resnet-34"] = () => new ResNet { Depth = 34 },
        ["resnet-50"] = () => new ResNet { Depth = 50 }, ["resnet-101"] = () => new ResNet { Depth = 101 },
        ["resnext-29"] = () => new ResNeXt29(), ["wide-resnet-28"] = () => new WideResNet(),
        ["mobilenet-v2"] = () => new MobileNetV2(), ["shufflenet-v2"] = () => new ShuffleNetV2(),
        ["mobilenet-v3-large"] = () => new MobileNetV3(),
        ["mobilenet-v3-small"] = () => new MobileNetV3 { Size = MobileNetV3Size.Small },
        ["efficientnet-b0"] = () => new EfficientNet(), ["convnext-tiny"] = () => new ConvNeXt(),
        ["vit-ti-16"] = () => new VisionTransformer { Width = 192 }, ["vit-b-16"] = () => new VisionTransformer(),
        ["densenet-121"] = () => new DenseNet { Depth = 121 }, ["googlenet"] = () => new GoogLeNet(),
        ["squeezenet-1.0"] = () => new SqueezeNet { Version = 1.0 }, ["squeezenet-1.1"] = () => new SqueezeNet { Version = 1.1 },
        ["vgg-11"] = () => new Vgg { Depth = 11 }, ["vgg-16"] = () => new Vgg { Depth = 16 },
    };
}

internal static class Mixings
{
    public static readonly Dictionary<string, Mixing?> All = new() { ["none"] = null, ["mixup"] = new Mixup(), ["cutmix"] = new CutMix() };
}

/// <summary>Whole objectives: a bare term stands with the cross entropy and the weight of its authors.</summary>
internal static class Objectives
{
    public static readonly Dictionary<string, Func<Objective>> WithTeacher = new()
    {
        ["kd"] = () => new KnowledgeDistillation(), ["soft-target-kl"] = () => new SoftTargetKl(),
        ["standardized-kd"] = () =>
            0.1 * new CrossEntropy() + 9 * 4 * new LogitStandardization { Inner = new SoftTargetKl { Temperature = 2 } },
        ["dkd"] = () => new CrossEntropy() + new Ramped { Inner = new DecoupledKd(), Epochs = 20 },
        ["nkd"] = () => new CrossEntropy() + new NormalizedKd(), ["dist"] = () => new CrossEntropy() + new Dist { Beta = 2, Gamma = 2 },
        ["wsld"] = () => new CrossEntropy() + 2.5 * new WeightedSoftLabelKd(),
        ["hard-target"] = () => 0.5 * new CrossEntropy() + 0.5 * new HardTargetCrossEntropy(),
        ["multi-level-kd"] = () => new CrossEntropy() + new MultiLevelKd(),
        ["curriculum-temperature-kd"] = () => 0.1 * new CrossEntropy() + 0.9 * new CurriculumTemperatureKd(),
        ["ps-kd"] = () =>
            new Ramped { Inner = new CrossEntropy(), From = 1, To = 0.2 } + new Ramped { Inner = new SoftTargetKl(), To = 0.8 },
    };

    private static readonly Dictionary<string, Func<Objective>> WithoutTeacher = new()
    {
        ["cross-entropy"] = () => new CrossEntropy(), ["label-smoothing"] = () => new LabelSmoothing(),
        ["tf-kd-reg"] = () => new TfKdRegularization(),
        ["confidence-penalty"] = () => new CrossEntropy() + 0.1 * new ConfidencePenalty(),
        ["max-suppression"] = () => new CrossEntropy() + new Ramped { Inner = new MaxSuppression(), From = 0.1, To = 0.2, StartEpoch = 1 },
        ["focal-loss"] = () => new FocalLoss(), ["poly-loss"] = () => new PolyLoss(),
        ["label-relaxation"] = () => new LabelRelaxation(), ["online-label-smoothing"] = () => new OnlineLabelSmoothing(),
        ["class-wise-self-kd"] = () => new ClassWiseSelfKd(),
    };

    public static IReadOnlyCollection<string> Names => [.. WithoutTeacher.Keys, .. WithTeacher.Keys];

    public static Objective Make(string name) => (WithTeacher.GetValueOrDefault(name) ?? WithoutTeacher[name])();
}

internal static class Teachers
{
    /// <summary>The teacher of a name, or what is wrong with the name.</summary>
    public static (TeacherSource? Source, string? Problem) Of(string name) => name.Split(':', 2) switch
    {
        ["self"] => (new SelfTeacher(), null),
        ["previous-epoch"] => (new PreviousEpochTeacher(), null),
        ["trained", var network] when Networks.All.TryGetValue(network, out var make) => (new TrainedTeacher(make()), null),
        ["trained", var network] => (null, $"the network '{network}' is unknown; it is one of {string.Join(", ", Networks.All.Keys)}."),
        ["model", var file] when File.Exists(file) => (new ModelFileTeacher(file), null),
        ["model", var file] => (null, $"there is no file '{file}'."),
        _ => (null, $"'{name}' is unknown; it is self, previous-epoch, trained:NETWORK or model:FILE."),
    };
}
