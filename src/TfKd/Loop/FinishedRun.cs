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

    /// <summary>Writes it.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Write(string directory) =>
        AtomicFile.Write(Path.Combine(directory, FileName), stream => JsonSerializer.Serialize(stream, this, _json));
}
