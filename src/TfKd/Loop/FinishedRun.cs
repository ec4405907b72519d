using System.Text.Json;
using System.Text.Json.Serialization;

namespace TfKd;

/// <summary>
/// What a finished run found of its teacher, in a file beside its checkpoint: a run that is found finished has nothing to ask the teacher
/// any more.
/// </summary>
/// <param name="Run">Tells the run from others.</param>
/// <param name="Step">Steps that it took.</param>
/// <param name="Report">The report.</param>
/// <param name="Example">An answer of the teacher.</param>
internal sealed record FinishedRun(string Run, long Step, TeacherReport Report, TeacherExample? Example)
{
    private const string FileName = "checkpoint.teacher.json";

    // A class without rows has no accuracy.
    private static readonly JsonSerializerOptions _json = new()
    {
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        TypeInfoResolver = ReflectionJson.Resolver,
    };

    /// <summary>The class that the teacher puts each validation row into; null where it was not asked.</summary>
    public IReadOnlyList<int>? Predictions { get; init; }

    /// <summary>What a run found.</summary>
    /// <param name="run">Tells the run from others.</param>
    /// <param name="step">Steps that it took.</param>
    /// <param name="findings">What it found.</param>
    public static FinishedRun Of(string run, long step, TeacherFindings findings) =>
        new(run, step, findings.Report, findings.Example) { Predictions = findings.Predictions };

    /// <summary>The same for a run that is found finished.</summary>
    public TeacherFindings ToFindings() => new(Report, Example, Predictions);

    /// <summary>What was written of a run at a step; null where nothing was, or what cannot be read.</summary>
    public static FinishedRun? Read(string directory, string run, long step)
    {
        try
        {
            var path = Path.Combine(directory, FileName);
            var found = File.Exists(path) ? JsonSerializer.Deserialize<FinishedRun>(File.ReadAllText(path), _json) : null;
            return found?.Run == run && found.Step == step ? found : null;
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Writes it, or says why not: the run is finished, and its checkpoint whole.</summary>
    /// <param name="directory">The checkpoint's.</param>
    /// <param name="say">Takes a warning.</param>
    public void Keep(string directory, Action<string, bool> say)
    {
        try
        {
            AtomicFile.Write(Path.Combine(directory, FileName), stream => JsonSerializer.Serialize(stream, this, _json));
        }
        catch (IOException exception)
        {
            say($"The report on the teacher was not kept: {exception.Message}", true);
        }
    }
}
