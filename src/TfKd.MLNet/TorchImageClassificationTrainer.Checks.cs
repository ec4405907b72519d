namespace TfKd.MLNet;

public sealed partial class TorchImageClassificationTrainer
{
    private ScoreUse ScoreUse => new(
        _options.CalibrateScores, _options.Rejection?.Threshold, _options.Labels is { Thresholds: LabelThresholds.BestF1 });

    // What cannot be trained, or not be exported, is refused before the images are decoded.
    private ImageNetwork CreateStudent(Trainer trainer, FitRun run)
    {
        var student = trainer.CreateStudent(run.Network, run.Classes.Names);
        try
        {
            var isValidated = _options.ValidationSet is not null || _options.ValidationSetFraction is > 0;
            RequireUseOfUnlabelledSet();
            trainer.Check(student, _options.Labels is not null, isValidated);
            RequireRowsToCalibrate(isValidated);
            RequireExport(student, run.Classes);
            return student;
        }
        catch
        {
            student.Dispose();
            throw;
        }
    }

    private void RequireExport(ImageNetwork student, ClassKeys classes)
    {
        if (_settings.Backend == ScoringBackend.Torch)
            return;
        try
        {
            NetworkExport.ToOnnx(student, classes, training: null, new OnnxForm { WithEmbedding = _columns.Embedding is not null });
        }
        catch (NotSupportedException exception) when (_settings.Weights == OnnxWeights.Float32 && _columns.Embedding is null)
        {
            throw new NotSupportedException(
                $"{exception.Message} Or set {nameof(Options.ScoringBackend)} to {nameof(ScoringBackend)}.{nameof(ScoringBackend.Torch)}: "
                + "the model then needs libtorch to predict, and has no ONNX form.",
                exception);
        }
    }

    /// <summary>Compares a drop with the limit.</summary>
    /// <param name="report">What was measured.</param>
    /// <param name="checkpoints">The folder of the run's checkpoint; null: there is none.</param>
    /// <param name="toFloat">Makes the model in float32.</param>
    internal void RequireSmallDrop(QuantizationReport report, string? checkpoints, Func<TorchImageClassificationModel> toFloat)
    {
        if (!(report.Top1Drop > _options.MaxQuantizationDrop))
            return;
        var drop = report.LabelsBefore is null
            ? FormattableString.Invariant($"the network is right {report.Top1Drop:F2} points less often")
            : FormattableString.Invariant($"the network's mean average precision is {report.Top1Drop:F2} points lower");
        throw new QuantizationDropException(
            FormattableString.Invariant($"In numbers of {report.Weights} {drop} than ")
            + FormattableString.Invariant($"in float32, but MaxQuantizationDrop is {_options.MaxQuantizationDrop}. {report}. ")
            + "The trained model in float32 is the FloatModel of this exception"
            + (checkpoints is null ? "; " : $", and the checkpoint in '{checkpoints}' stays; ")
            + "set MaxQuantizationDrop to a higher number or to null to have the smaller one all the same, or Weights to Float16.")
        {
            Report = report,
            FloatModel = new TorchImageClassificationTransformer(toFloat(), _columns),
        };
    }

    private void RequireUseOfUnlabelledSet()
    {
        if (_options.UnlabelledSet is not null && _plan.Teacher is null)
            throw new InvalidOperationException(
                $"{nameof(Options.UnlabelledSet)} has images without a label, of which only a teacher can tell what they are, but "
                + $"{nameof(Options.Teacher)} is null; set it, or leave {nameof(Options.UnlabelledSet)} out.");
    }

    private void RequireRowsToCalibrate(bool isValidated)
    {
        if (_options.CalibrateScores && !isValidated)
        {
            throw new InvalidOperationException(
                "CalibrateScores needs validation rows, but there are none; set ValidationSet or ValidationSetFraction, or " +
                "CalibrateScores to false.");
        }
    }
}
