using System.Text;

namespace TfKd;

/// <summary>Writes the files of callbacks, each as a whole.</summary>
internal static class ReportFile
{
    /// <exception cref="IOException">The file cannot be written; the message names the writer and the file.</exception>
    public static void Write(string writer, string path, string text)
    {
        try
        {
            if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder)
                Directory.CreateDirectory(folder);
            AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{writer} cannot write '{path}': {exception.Message}", exception);
        }
    }

    /// <summary>The same while a run goes on: its work is worth more than the file, so that an error becomes a warning.</summary>
    public static void TryWrite(string writer, string path, string text, TrainingState state)
    {
        try
        {
            Write(writer, path, text);
        }
        catch (IOException exception)
        {
            state.Say($"{exception.Message} The run goes on.", true);
        }
    }
}
