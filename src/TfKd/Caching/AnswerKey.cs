using System.Globalization;
using System.Security.Cryptography;

namespace TfKd;

/// <summary>What the answers to the rows of one view depend on, as a SHA-256.</summary>
internal static class AnswerKey
{
    // Raised when the layout of the files changes, and when an augmentation of the library draws other views than before.
    private const int Version = 1;

    /// <param name="teacher">The teacher's fingerprint.</param>
    /// <param name="classNames">The student's classes, in order.</param>
    /// <param name="rows">The fingerprint of the training rows.</param>
    /// <param name="augmentations">The changes of the images, in order.</param>
    /// <param name="seed">The seed of the run; no part of the key without augmentations.</param>
    /// <param name="view">Which view of the rows.</param>
    /// <param name="format">How the answers are written down.</param>
    public static byte[] Of(string teacher, IReadOnlyList<string> classNames, string rows, IReadOnlyList<Augmentation> augmentations, long seed, int view, TeacherCacheFormat format)
    {
        using var stream = new MemoryStream();
        // Each text with its length before it: no two lists of texts give the same bytes.
        using var writer = new BinaryWriter(stream);
        writer.Write(Version);
        writer.Write(teacher);
        writer.Write(classNames.Count);
        foreach (var name in classNames)
            writer.Write(name);
        writer.Write(rows);
        writer.Write(augmentations.Count);
        foreach (var augmentation in augmentations)
        {
            writer.Write(augmentation.GetType().FullName!);
            writer.Write(InvariantText(augmentation));
        }

        writer.Write(augmentations.Count > 0 ? seed : 0);
        writer.Write(view);
        writer.Write(format.ToString());
        writer.Flush();
        return SHA256.HashData(stream.ToArray());
    }

    private static string InvariantText(Augmentation augmentation)
    {
        // The texts of records follow the current culture, and there is no other way to ask for them.
        var culture = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        try
        {
            return augmentation.ToString();
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }
}
