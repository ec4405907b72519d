using TfKd;

namespace TeacherFreeCifar;

/// <summary>What one finished run brought: a line of the results file.</summary>
internal sealed record RunRecord
{
    /// <summary>The preset.</summary>
    public required string Preset { get; init; }

    /// <summary>The method.</summary>
    public required string Method { get; init; }

    /// <summary>The seed.</summary>
    public required long Seed { get; init; }

    /// <summary>Passes over the training rows.</summary>
    public required int Epochs { get; init; }

    /// <summary>Training rows.</summary>
    public required int Rows { get; init; }

    /// <summary>The learning rate after the warm-up.</summary>
    public double LearningRate { get; init; } = 0.1;

    /// <summary>What the student computed in.</summary>
    public string Precision { get; init; } = "Float32";

    /// <summary>The processor, the number of threads and libtorch; null in runs from before it was written down.</summary>
    public string? Machine { get; init; }

    /// <summary>The version of this library, with the commit; null in runs from before it was written down.</summary>
    public string? Version { get; init; }

    /// <summary>Whether the loss became infinite or no number: then there are no figures, and they are 0.</summary>
    public bool Diverged { get; init; }

    /// <summary>The epoch that the validation rows chose, from 1; the last where they choose none.</summary>
    public required int BestEpoch { get; init; }

    /// <summary>Its top-1 on all rows held out.</summary>
    public required double ValidationTop1 { get; init; }

    /// <summary>Top-1 on the test rows, which were read once, after the run.</summary>
    public required double Top1 { get; init; }

    /// <summary>Expected calibration error on the test rows, 15 bins.</summary>
    public required double Ece { get; init; }

    /// <summary>Mean negative log-likelihood on the test rows, in nats.</summary>
    public required double Nll { get; init; }

    /// <summary>
    /// The one temperature that fits the validation rows best: above 1 for a student that is too sure. Null in runs from before it was
    /// looked for.
    /// </summary>
    public double? Temperature { get; init; }

    /// <summary>Expected calibration error on the validation rows at that temperature.</summary>
    public double? ValidationEceAtTemperature { get; init; }

    /// <summary>Expected calibration error on the test rows at that temperature; null in older runs.</summary>
    public double? EceAtTemperature { get; init; }

    /// <summary>Mean negative log-likelihood on the test rows at that temperature, in nats; null in older runs.</summary>
    public double? NllAtTemperature { get; init; }

    /// <summary>The bins of the expected calibration error on the test rows that have rows; null in older runs.</summary>
    public IReadOnlyList<CalibrationBin>? Reliability { get; init; }

    /// <summary>Seconds of training, without validation, and without the training of a teacher.</summary>
    public required double Seconds { get; init; }

    /// <summary>Top-1 after each epoch, on the rows held out, or on those of them that are asked.</summary>
    public required IReadOnlyList<double> ValidationCurve { get; init; }
}
