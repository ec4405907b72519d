using System.Security.Cryptography;

namespace TfKd;

/// <summary>What a teacher's logits for the samples of a run depend on, but for the view.</summary>
/// <param name="Teacher">The teacher's fingerprint.</param>
/// <param name="ClassNames">The student's classes, in order.</param>
/// <param name="Samples">The fingerprint of the training samples.</param>
/// <param name="Augmentations">The changes of the images, in order.</param>
/// <param name="Seed">The seed of the run; no part of the key without augmentations.</param>
/// <param name="Format">How the logits are written down.</param>
internal sealed record TeacherCacheKey(
    string Teacher,
    IReadOnlyList<string> ClassNames,
    string Samples,
    IReadOnlyList<Augmentation> Augmentations,
    long Seed,
    TeacherCacheFormat Format)
{
    // Raised when the layout of the files changes, and when an augmentation of the library draws other views than before.
    private const int Version = 2;

    /// <summary>The key of one view, a SHA-256.</summary>
    /// <exception cref="InvalidOperationException">A member of an augmentation has no canonical text.</exception>
    public byte[] Of(int view)
    {
        using var stream = new MemoryStream();
        // Each text with its length before it: no two lists of texts give the same bytes.
        using var writer = new BinaryWriter(stream);
        writer.Write(Version);
        writer.Write(Teacher);
        writer.Write(ClassNames.Count);
        foreach (var name in ClassNames)
            writer.Write(name);
        writer.Write(Samples);
        writer.Write(TextOf(Augmentations));
        writer.Write(Augmentations.Count > 0 ? Seed : 0);
        writer.Write(view);
        writer.Write(Format.ToString());
        writer.Flush();
        return SHA256.HashData(stream.ToArray());
    }

    /// <summary>What tells the augmentations of a plan from others.</summary>
    /// <exception cref="InvalidOperationException">A member of an augmentation has no canonical text.</exception>
    public static string TextOf(IReadOnlyList<Augmentation> augmentations) =>
        CanonicalText.Of(("TrainingPlan.Augmentations", augmentations.ToArray()));
}
