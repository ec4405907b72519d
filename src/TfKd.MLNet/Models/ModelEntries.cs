using System.IO.Compression;
using System.Runtime.CompilerServices;
using Microsoft.ML;

namespace TfKd.MLNet;

/// <summary>
/// Looks at the entries of a model file before ML.NET unpacks them: it takes the last of two that have one name, and unpacks whatever
/// length an entry claims.
/// </summary>
internal static class ModelEntries
{
    // Weights hardly shrink; what is made to fill a disk does a thousandfold.
    private const long FreeBytes = 64L << 20;
    private const int MostTimesCompressed = 20;

    /// <exception cref="InvalidDataException">An entry stands twice, or is longer than its compressed form can be of.</exception>
    public static void Check(ModelLoadContext context)
    {
        if (ArchiveOf(context.Repository) is not { } archive)
            return;
        var folder = Normal(context.Directory ?? "");
        // Windows' separators are those of files that were written there.
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var entry in archive.Entries)
        {
            var name = Normal(entry.FullName);
            if (Path.GetDirectoryName(name) is not { } parent || Normal(parent) != folder)
                continue;
            if (!seen.Add(name))
                throw new InvalidDataException($"The entry '{entry.FullName}' stands twice in the model file: it was damaged or changed.");
            if (entry.Length > Math.Max(FreeBytes, MostTimesCompressed * entry.CompressedLength))
                throw new InvalidDataException(FormattableString.Invariant(
                    $"The entry '{entry.FullName}' of the model file has {entry.Length:N0} bytes out of {entry.CompressedLength:N0}; ") +
                    FormattableString.Invariant($"expected at most {MostTimesCompressed} times as many, or {FreeBytes:N0}."));
        }
    }

    private static string Normal(string path) => path.Replace('\\', '/').Trim('/');

    /// <summary>Null where a version of ML.NET has no such field: what is read is checked afterwards, too.</summary>
    private static ZipArchive? ArchiveOf(Repository repository)
    {
        try
        {
            return repository is RepositoryReader reader ? Archive(reader) : null;
        }
        catch (MissingFieldException)
        {
            return null;
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_archive")]
    private static extern ref ZipArchive Archive(RepositoryReader reader);
}
