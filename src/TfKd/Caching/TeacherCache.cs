namespace TfKd;

/// <summary>
/// How the answers of a fixed teacher, one with a <see cref="Teacher.Fingerprint"/>, are kept. They are found by row and view, so a teacher
/// runs once for each view of a row and never again: with V views, V times a row.
/// </summary>
/// <remarks>
/// <para>
/// A batch of rows that are all known costs a copy of K numbers a row. If any row of it is not, the teacher is asked for the whole batch,
/// and the answers that were known stay as they are: a teacher meets the batch sizes of the run and no others, and a batch of new rows is
/// answered as it is without a cache, bit by bit. In a later epoch the rows meet in other batches. A convolution may differ in the last
/// bits there; a kept answer does not. A run that continues from a checkpoint asks again for what was in memory, in the batches of its
/// epochs; answers in a <see cref="Directory"/> are still there.
/// </para>
/// <para>
/// In a <see cref="Directory"/> each view has a file of its own. Its name is a SHA-256 over all that the answers depend on: the teacher's
/// fingerprint, the classes, the training rows, the augmentations (member by member; one with a member that cannot be written is refused
/// before the first batch, see <see cref="NotIdentityAttribute"/>) and, where there are any, the seed, the view, and how the answers are
/// written down. Whatever changes, another file is used. The device is no part of it, and a teacher of your own must say in its fingerprint
/// what it depends on. A file with gaps belongs to the one run that fills it; a second one at the same time goes without it and says so. A
/// file without gaps is read by any number of runs. Every row has a checksum, so that a row half written when the machine stopped, or cut
/// off by another process, is asked again. A run whose folder cannot be written to goes without it and says so. Nothing deletes the files.
/// </para>
/// </remarks>
/// <example><code>
/// var cache = new TeacherCache { Directory = "answers", Precision = TeacherCachePrecision.Float16, TopK = 20 };
/// </code></example>
public sealed record TeacherCache
{
    /// <summary>No cache: the teacher is asked for each batch.</summary>
    public static TeacherCache Off { get; } = new() { MemoryBudget = 0 };

    /// <summary>
    /// Folder of the files, for runs, processes and students to share; made when it is missing. Default null: answers are kept in memory,
    /// for the run.
    /// </summary>
    [NotIdentity]
    public string? Directory { get; init => field = value is null ? null : Require.Name(value); }

    /// <summary>How the numbers are written down. Default <see cref="TeacherCachePrecision.Float32"/>.</summary>
    public TeacherCachePrecision Precision { get; init => field = Require.Defined(value); } = TeacherCachePrecision.Float32;

    /// <summary>
    /// How many classes of a row are kept, the most probable ones; 1 or more. Default null: all. The others share what probability remains,
    /// in equal parts, at temperature 1. An objective softens that distribution: the kept classes keep their proportions at every
    /// temperature, but a temperature above 1 gives the others together more than the teacher would (equal shares have the largest sum of
    /// roots), the more the higher it is. A number of classes K or more keeps all.
    /// </summary>
    public int? TopK { get; init => field = value is { } count ? Require.Positive(count) : null; }

    /// <summary>
    /// The most memory that the answers of a run may take, in bytes, 0 or above; default 512 MiB. Where they need more (rows times views
    /// times the bytes of a row, 4 K in float32), the teacher is asked each time. With a <see cref="Directory"/>: for the views whose file
    /// cannot be used.
    /// </summary>
    [NotIdentity]
    public long MemoryBudget { get; init => field = Require.NotNegative(value); } = 512L << 20;

    internal bool IsOff => Directory is null && MemoryBudget == 0;

    // Answers are then written down and read back even where they cannot be kept: what a run computes does not depend on that.
    internal bool ChangesNumbers => !IsOff && (Precision != TeacherCachePrecision.Float32 || TopK is not null);
}
