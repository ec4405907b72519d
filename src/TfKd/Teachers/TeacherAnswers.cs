using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>What a model from elsewhere answered, checked and turned into logits.</summary>
internal static class TeacherAnswers
{
    // How far the sum of a row of float32 probabilities may be from 1.
    private const double SumTolerance = 1e-3;

    /// <summary>
    /// What is wrong with the answer to one row, as the end of a sentence that begins with who gave it; null where nothing is.
    /// </summary>
    public static string? ObjectionTo(ReadOnlySpan<float> row, TeacherOutput output)
    {
        var sum = 0.0;
        for (var k = 0; k < row.Length; k++)
        {
            if (!float.IsFinite(row[k]))
                return $"{row[k]} for class {k}; expected finite numbers";
            if (output == TeacherOutput.Probabilities && row[k] < 0)
            {
                return $"{row[k]} for class {k}; expected probabilities, 0 or above "
                    + $"(set Output to {TeacherOutput.Logits} where they are logits)";
            }

            sum += row[k];
        }

        return output == TeacherOutput.Probabilities && sum == 0 ? "0 for all classes; expected probabilities" : null;
    }

    /// <summary>Refuses answers that are called logits and are probabilities, all of them.</summary>
    /// <param name="rows">All answers that were seen.</param>
    /// <param name="output">What they are called.</param>
    /// <param name="subject">Who gives them, and how: the beginning of the message.</param>
    /// <exception cref="InvalidOperationException">They are probabilities.</exception>
    public static void RefuseProbabilitiesAsLogits(IEnumerable<float[]> rows, TeacherOutput output, string subject)
    {
        if (output == TeacherOutput.Logits && rows.All(IsDistribution))
            throw new InvalidOperationException(
                $"{subject} probabilities (each row is within [0, 1], and 1 in all), but Output is {TeacherOutput.Logits}; set it to "
                + $"{TeacherOutput.Probabilities}.");
    }

    /// <summary>Checks each row, and takes the logarithm of probabilities; a fresh tensor or the argument.</summary>
    /// <param name="answers">[N,K], floating point.</param>
    /// <param name="output">What they are.</param>
    /// <param name="teacher">What messages call the teacher.</param>
    /// <exception cref="InvalidOperationException">A row is not what it should be.</exception>
    public static Tensor ToLogits(Tensor answers, TeacherOutput output, string teacher)
    {
        var row = 0;
        foreach (var values in Rows(answers))
        {
            if (ObjectionTo(values, output) is { } objection)
                throw new InvalidOperationException($"{teacher} answered row {row} of a batch with {objection}.");
            row++;
        }

        return output == TeacherOutput.Probabilities ? Logarithm(answers) : answers;
    }

    /// <summary>The rows of a matrix, on the CPU.</summary>
    public static IEnumerable<float[]> Rows(Tensor answers)
    {
        using var floats = answers.detach().to(ScalarType.Float32, copy: true).cpu().contiguous();
        return [.. floats.data<float>().ToArray().Chunk(checked((int)answers.shape[1]))];
    }

    /// <summary>Whether the numbers of one row are probabilities: each within [0, 1], and 1 in all.</summary>
    private static bool IsDistribution(float[] row)
    {
        var sum = 0.0;
        foreach (var value in row)
        {
            if (value is not (>= 0 and <= 1))
                return false;
            sum += value;
        }

        return Math.Abs(sum - 1) < SumTolerance;
    }

    // The smallest normal number in place of 0, whose logarithm would not be finite.
    private static Tensor Logarithm(Tensor probabilities)
    {
        using var clamped = probabilities.clamp(min: finfo(probabilities.dtype).tiny);
        return clamped.log();
    }
}
