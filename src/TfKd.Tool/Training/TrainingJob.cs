using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using TfKd.MLNet;

namespace TfKd.Tool;

/// <summary>Trains by settings, saves, and tests on photos held out.</summary>
/// <param name="settings">The settings.</param>
/// <param name="output">Where all is written that is no file.</param>
internal sealed class TrainingJob(TrainingSettings settings, ToolOutput output)
{
    private readonly MLContext _ml = output.CreateContext(settings.Seed);
    private RunProgress? _progress;

    /// <summary>Tells when the time is over.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    private string ImageColumn => settings.WithCode ? ModelBuilderCode.ImageColumn : "Image";

    /// <summary>Does all of it.</summary>
    /// <param name="command">The name of the command, for machines.</param>
    /// <param name="token">Stops it.</param>
    public void Run(string command, CancellationToken token)
    {
        var photos = ReadPhotos();
        var (training, test) = photos.Cut(settings.TestFraction, settings.Seed);
        output.Say(
            $"{photos.Files.Count} photos of {photos.ClassNames.Count} classes: {training.Files.Count} to train on, {test.Files.Count} "
            + "held out to test on.");
        var (recipe, unlabelled) = MakeRecipe(training);
        if (settings.Teacher is { } teacher)
            OutputFile.RequireOthers([teacher.Path, settings.ModelPath]);
        foreach (var path in (string[])[settings.ModelPath, .. settings.CodePaths])
            OutputFile.Require(path, settings.Force);
        // Without the model beside it, it is that of a run that was stopped.
        OutputFile.Require(settings.ReportPath, force: true);
        var start = Stopwatch.GetTimestamp();
        using var model = Fit(recipe.Options, training, test, unlabelled, token);
        output.EndProgress();
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        output.Say(string.Create(CultureInfo.InvariantCulture, $"Trained in {ProgressLine.Text(TimeSpan.FromSeconds(seconds))}."));
        var trained = model.OfType<TorchImageClassificationTransformer>().Single().Model;
        var evaluation = SaveTested(trained, test, () => Save(model, training, recipe), token);
        output.Result(() => Text(trained, evaluation), () => new
        {
            Command = command,
            Recipe = RecipeNames.Of(settings.Recipe),
            Model = settings.ModelPath,
            Report = settings.ReportPath,
            Code = settings.WithCode ? settings.CodePaths : null,
            Seconds = Math.Round(seconds, 1),
            TrainingPhotos = _progress!.PhotoCount,
            UnlabelledPhotos = unlabelled?.Count,
            Teacher = trained.Card.Training.TeacherReport?.ToString(),
            Test = evaluation.ToJson(),
        });
    }

    // Who stops it here gets no model, as before, and the same command goes on; whatever else happens, what was trained is kept.
    private Evaluation SaveTested(
        TorchImageClassificationModel trained, PhotoFolder test, Action save, CancellationToken token)
    {
        var isStopped = false;
        try
        {
            // A photo that cannot be read is no reason to say nothing of the model.
            return Evaluation.Of(trained, test, skipDamaged: true, output, token);
        }
        catch (OperationCanceledException)
        {
            isStopped = true;
            throw;
        }
        finally
        {
            if (!isStopped)
                save();
        }
    }

    private PhotoFolder ReadPhotos()
    {
        var photos = PhotoFolder.Read(settings.Dataset, settings.LabelsSeparator, output);
        if (photos.ClassNames.Count < 2)
            throw new InvalidDataException(
                $"'{settings.Dataset}' has photos of {(photos.ClassNames is [var one] ? $"one class only, '{one}'" : "no class")}; "
                + "expected two classes or more.");
        return photos;
    }

    private (TrainingRecipe Recipe, IReadOnlyList<(string Path, string Label)>? Unlabelled) MakeRecipe(PhotoFolder training)
    {
        (string, string)[]? unlabelled = settings.Unlabelled is { } folder
            ? [.. PhotoPaths.List([folder], output).Select(path => (path, ""))]
            : null;
        if (unlabelled is not null)
            output.Say($"{Counted.Photos(unlabelled.Length)} without a label beside them.");
        // What a teacher that is there already says asks for more than a classifier.
        var name = settings is { Teacher: not null, Recipe: RecipeName.Student } ? RecipeName.TaughtStudent : settings.Recipe;
        var recipe = TrainingRecipe.Of(
            name, training.Files.Count, unlabelled?.Length ?? 0, settings.Epochs, settings.ValidationFraction,
            training.Separator);
        if (settings.BalanceClasses)
            recipe = recipe.WithBalancedClasses();
        if (settings.SkipDamaged)
            recipe = recipe.WithoutDamaged();
        return settings.Teacher is { } teacher
            ? (recipe.WithTeacher(name, teacher, settings.Alpha, settings.Temperature), unlabelled)
            : (recipe, unlabelled);
    }

    private TransformerChain<ITransformer> Fit(
        TorchImageClassificationTrainer.Options options, PhotoFolder training, PhotoFolder test,
        IReadOnlyList<(string Path, string Label)>? unlabelled, CancellationToken token)
    {
        var (rows, tested) = (training.ToView(ImageColumn), test.ToView(ImageColumn));
        var keys = training.Separator is null ? _ml.Transforms.Conversion.MapValueToKey("Label") : null;
        using var over = new CancellationTokenSource(settings.TrainTime ?? Timeout.InfiniteTimeSpan, Clock);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(token, over.Token);
        options = Watched(options, keys?.Fit(rows).Transform(tested) ?? tested) with
        {
            ImageColumnName = ImageColumn,
            UnlabelledSet = unlabelled is null ? null : new FolderImagesView(unlabelled, ImageColumn),
            CheckpointDirectory = settings.Checkpoints,
            OnCancellation = settings.TrainTime is null ? CancellationOutcome.Throw : CancellationOutcome.KeepBest,
            CancellationToken = stop.Token,
        };
        var trainer = _ml.MulticlassClassification.Trainers.TorchImageClassification(options);
        IEstimator<ITransformer>[] steps = keys is null
            ? [trainer]
            : [keys, trainer, _ml.Transforms.Conversion.MapKeyToValue("PredictedLabel")];
        try
        {
            var model = steps.Aggregate(new EstimatorChain<ITransformer>(), (chain, step) => chain.Append(step)).Fit(rows);
            token.ThrowIfCancellationRequested();
            return model;
        }
        catch (Exception exception) when (Failures.DecodingErrorOf(exception) is not null)
        {
            throw Failures.Damaged(exception);
        }
        catch (Exception exception) when (Failures.IsCancellation(exception) && !token.IsCancellationRequested)
        {
            throw new InvalidOperationException(
                FormattableString.Invariant($"The {settings.TrainTime?.TotalSeconds} seconds of --train-time were over before the first ")
                + "step; there is no model.", exception);
        }
    }

    private TorchImageClassificationTrainer.Options Watched(TorchImageClassificationTrainer.Options options, IDataView test)
    {
        // Where nothing is chosen by validation, the photos held out may be looked at while the run goes on, and be in the report.
        var choosesNothing = options.ValidationSetFraction is null or 0;
        _progress = new(output, choosesNothing ? "photos held out" : "validation photos", Clock)
        {
            Limit = settings.TrainTime,
            ValidationIsTraining = !choosesNothing,
        };
        return options with
        {
            ValidationSet = choosesNothing ? test : null,
            RestoreBestWeights = !choosesNothing,
            MessageCallback = Say,
            Callbacks =
            [
                _progress,
                new HtmlReport(settings.ReportPath) { Title = settings.Name },
            ],
        };
    }

    // Warnings come by the log of the context already.
    private void Say(string message)
    {
        if (!message.StartsWith(FitMessages.WarningMark, StringComparison.Ordinal))
            output.Say(message);
    }

    private void Save(TransformerChain<ITransformer> model, PhotoFolder training, TrainingRecipe recipe)
    {
        var schema = training.ToView(ImageColumn).Schema;
        AtomicFile.Write(settings.ModelPath, stream => _ml.Model.Save(model, schema, stream));
        if (!settings.WithCode)
            return;
        var code = new ModelBuilderCode(
            "PhotoModels", settings.Name, Path.GetFileName(settings.ModelPath), recipe.Options.MaxEpochs, recipe.Code)
        {
            Separator = training.Separator,
        };
        foreach (var (name, text) in code.Files)
            OutputFile.Write(Path.Combine(settings.Folder, name), ModelBuilderCode.WithHeader(text));
    }

    private string Text(TorchImageClassificationModel model, Evaluation evaluation)
    {
        string[] files = [settings.ModelPath, settings.ReportPath, .. settings.CodePaths];
        var teacher = model.Card.Training.TeacherReport is { } report ? $"{report.ToString().TrimEnd()}\n\n" : "";
        var code = settings.WithCode
            ? "\nThe code needs the packages TfKd.MLNet, to retrain also libtorch-cpu-* and Microsoft.ML.DnnImageFeaturizer.ResNet18, and "
                + "model.zip beside the program."
            : "";
        return $"{teacher}{evaluation.ToText()}\n{TextTable.Of([["saved", ""], .. files.Select(OutputFile.Describe)])}\n"
            + $"Next: tfkd predict --model {settings.ModelPath} PHOTO{code}";
    }
}
