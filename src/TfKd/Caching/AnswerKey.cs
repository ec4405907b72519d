using System.Security.Cryptography;

namespace TfKd;

/// <summary>What the answers to the rows of one view depend on, as a SHA-256.</summary>
internal static class AnswerKey
{
    // Raised when the layout of the files changes, and when an augmentation of the library draws other views than before.
    private const int Version = 2;

    /// <param name="teacher">The teacher's fingerprint.</param>
    /// <param name="classNames">The student's classes, in order.</param>
    /// <param name="rows">The fingerprint of the training rows.</param>
    /// <param name="augmentations">The changes of the images, in order.</param>
    /// <param name="seed">The seed of the run; no part of the key without augmentations.</param>
    /// <param name="view">Which view of the rows.</param>
    /// <param name="format">How the answers are written down.</param>
    /// <exception cref="InvalidOperationException">A member of an augmentation has no canonical text.</exception>
    public static byte[] Of(
        string teacher, IReadOnlyList<string> classNames, string rows, IReadOnlyList<Augmentation> augmentations, long seed, int view, TeacherCacheFormat format)
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
        writer.Write(TextOf(augmentations));
        writer.Write(augmentations.Count > 0 ? seed : 0);
        writer.Write(view);
        writer.Write(format.ToString());
        writer.Flush();
        return SHA256.HashData(stream.ToArray());
    }

    /// <summary>What tells the augmentations of a plan from others.</summary>
    /// <exception cref="InvalidOperationException">A member of an augmentation has no canonical text.</exception>
    public static string TextOf(IReadOnlyList<Augmentation> augmentations) => CanonicalText.Of(("TrainingPlan.Augmentations", augmentations.ToArray()));
}
