namespace TfKd;

/// <summary>
/// Matches a teacher's classes with the student's by name: a network trained elsewhere may list the same classes in another order.
/// </summary>
public static class ClassMatching
{
    private const int MaxNamesShown = 20;

    /// <summary>Finds, for each class of the student, the column of the teacher's logits that means it.</summary>
    /// <returns>The columns in the student's order, or null where both lists are equal and nothing is to be moved.</returns>
    /// <exception cref="InvalidOperationException">The two sets differ, or a name stands twice in one list.</exception>
    public static IReadOnlyList<int>? Match(IReadOnlyList<string> studentClasses, IReadOnlyList<string> teacherClasses) =>
        Match(studentClasses, teacherClasses, teacherMayKnowMore: false);

    /// <inheritdoc cref="Match(IReadOnlyList{string}, IReadOnlyList{string})"/>
    /// <param name="studentClasses">The student's classes, in order.</param>
    /// <param name="teacherClasses">The teacher's classes, in the order of its outputs.</param>
    /// <param name="teacherMayKnowMore">
    /// Whether the teacher may know classes that the student does not: their columns are left out, and the softmax over the others shares
    /// their probability among these in proportion.
    /// </param>
    public static IReadOnlyList<int>? Match(
        IReadOnlyList<string> studentClasses, IReadOnlyList<string> teacherClasses, bool teacherMayKnowMore) =>
        Match(studentClasses, teacherClasses, teacherMayKnowMore, advice: "");

    /// <param name="studentClasses">The student's classes, in order.</param>
    /// <param name="teacherClasses">The teacher's classes, in the order of its outputs.</param>
    /// <param name="teacherMayKnowMore">Whether the teacher may know others.</param>
    /// <param name="advice">What to add to the message where it does, and may not.</param>
    internal static IReadOnlyList<int>? Match(
        IReadOnlyList<string> studentClasses, IReadOnlyList<string> teacherClasses, bool teacherMayKnowMore, string advice)
    {
        ArgumentNullException.ThrowIfNull(studentClasses);
        ArgumentNullException.ThrowIfNull(teacherClasses);
        var student = studentClasses.ToHashSet(StringComparer.Ordinal);
        var columns = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var name in teacherClasses)
            columns.TryAdd(name, columns.Count);
        var areDistinct = student.Count == studentClasses.Count && columns.Count == teacherClasses.Count;
        if (!areDistinct || !student.IsSubsetOf(columns.Keys) || !teacherMayKnowMore && columns.Count > student.Count)
            throw new InvalidOperationException(
                "The teacher must know the student's classes by the same names, each "
                + $"once{(student.IsProperSubsetOf(columns.Keys) ? advice : "")}. "
                    + $"Student's {Text(studentClasses)}; teacher's {Text(teacherClasses)}.");
        return studentClasses.SequenceEqual(teacherClasses, StringComparer.Ordinal)
            ? null
            : [.. studentClasses.Select(name => columns[name])];
    }

    private static string Text(IReadOnlyList<string> names)
    {
        var more = names.Count > MaxNamesShown ? $", ... and {names.Count - MaxNamesShown} more" : "";
        return $"{names.Count} classes: {string.Join(", ", names.Take(MaxNamesShown).Select(name => $"'{name}'"))}{more}";
    }
}
