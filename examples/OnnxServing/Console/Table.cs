namespace OnnxServing;

/// <summary>A line an image: the two most probable classes with their probabilities, or what is wrong with the file.</summary>
internal static class Table
{
    /// <summary>Classifies the files on all cores and writes them in their order.</summary>
    /// <returns>Whether all of them could be read.</returns>
    public static bool Write(TextWriter writer, OnnxClassifier classifier, IEnumerable<string> paths)
    {
        string[] files = [.. paths];
        var fileWidth = files.Max(file => file.Length) + 2;
        var labelWidth = Math.Max("label".Length, classifier.Classes.Max(name => name.Length)) + 2;
        var allRead = true;
        writer.WriteLine(
            $"{"file".PadRight(fileWidth)}{"label".PadRight(labelWidth)}{"probability",11}  " +
            $"{"next".PadRight(labelWidth)}{"probability",11}");
        foreach (var (file, prediction, problem) in files.AsParallel().AsOrdered().Select(file => Predict(classifier, file)))
        {
            allRead &= prediction is not null;
            writer.WriteLine(
                file.PadRight(fileWidth) + (
                    prediction is null
                        ? problem
                        : string.Join(
                            "  ",
                            prediction.Scores.Take(2).Select(score => $"{score.Label.PadRight(labelWidth)}{score.Probability,11:P1}"))));
        }

        return allRead;
    }

    private static (string File, Prediction? Prediction, string? Problem) Predict(OnnxClassifier classifier, string file)
    {
        try
        {
            return (file, classifier.Predict(File.ReadAllBytes(file)), null);
        }
        catch (Exception error) when (error is UnreadableImageException or InvalidDataException or IOException
            or UnauthorizedAccessException)
        {
            return (file, null, error.Message);
        }
    }
}
