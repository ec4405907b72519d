using System.Globalization;
using TfKd.MLNet;

namespace TfKd.Tool;

/// <summary>How well a model does on labelled photos.</summary>
internal abstract class Evaluation
{
    /// <summary>Scores the photos and counts.</summary>
    /// <param name="model">The model.</param>
    /// <param name="photos">The photos; what the model does not know of them is told, and left out.</param>
    /// <param name="skipDamaged">Whether those that cannot be read are, too, or are an error.</param>
    /// <param name="output">Shows how far it is, and is told what was left out.</param>
    /// <param name="token">Stops it.</param>
    /// <exception cref="InvalidDataException">
    /// A photo cannot be read; or the model knows none of the classes; or photos have several labels and the model one, or the reverse.
    /// </exception>
    public static Evaluation Of(
        TorchImageClassificationModel model, PhotoFolder photos, bool skipDamaged, ToolOutput output, CancellationToken token)
    {
        if ((model.Thresholds is null) != (photos.Separator is null))
            throw new InvalidDataException(model.Thresholds is null
                ? "The photos are listed with any number of labels, but the model says of each which one class it is of; expected a folder "
                    + "with a sub-folder a class, or a list with a column label."
                : "The model says of each label whether a photo has it, but the photos have one class each; expected a list of photos with "
                    + "a column labels.");
        var known = photos.Separator is null ? ClassEvaluation.Known(model, photos, output) : photos.Files;
        using var scorer = new PhotoScorer(model, output);
        var (answers, damaged) = (new List<(string, float[])>(), 0);
        foreach (var (photo, file) in scorer.Score([.. known.Select(file => file.Path)], token).Zip(known))
        {
            if (photo.Scores is { } scores)
                answers.Add((file.Label, scores));
            else if (!skipDamaged)
                throw new InvalidDataException($"{photo.Error} --skip-damaged leaves such photos out.");
            else
                damaged++;
        }

        if (damaged > 0)
            output.Warn($"Left out: {Counted.Photos(damaged)} that could not be read.");
        if (answers.Count == 0)
            throw new InvalidDataException($"None of {Counted.Photos(known.Count)} could be read.");
        return photos.Separator is null
            ? ClassEvaluation.Of(model, answers, photos.Files.Count - known.Count, damaged)
            : LabelEvaluation.Of(model, photos, answers, damaged, output);
    }

    /// <summary>The figures in a line, and a table of the classes.</summary>
    public abstract string ToText();

    /// <summary>The same, and more, for machines.</summary>
    public abstract object ToJson();

    /// <summary>The refusal of photos of which the model has no class.</summary>
    protected static InvalidDataException NoneKnown(TorchImageClassificationModel model, IEnumerable<string> strange) => new(
        $"The model knows none of the classes of the photos, [{string.Join(", ", strange)}]; it knows "
        + $"[{string.Join(", ", model.ClassNames)}].");

    /// <summary>The number; null where it is none.</summary>
    protected static double? Known(double value) => double.IsNaN(value) ? null : value;

    /// <summary>The number as text.</summary>
    protected static string Percent(double value) => double.IsNaN(value) ? "-" : Invariant($"{value:P1}");

    /// <summary>The text, whatever the machine's language.</summary>
    protected static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
