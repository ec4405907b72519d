namespace TfKd;

/// <summary>On how many rows student and teacher are right, together and each alone.</summary>
/// <param name="BothRight">Rows that both put into their class.</param>
/// <param name="OnlyStudentRight">Rows that the student alone does.</param>
/// <param name="OnlyTeacherRight">Rows that the teacher alone does.</param>
/// <param name="BothWrong">Rows that neither does.</param>
/// <param name="Agreed">Rows that both put into the same class, right or wrong.</param>
internal sealed record TeacherComparison(int BothRight, int OnlyStudentRight, int OnlyTeacherRight, int BothWrong, int Agreed)
{
    /// <summary>Number of rows.</summary>
    public int Count => BothRight + OnlyStudentRight + OnlyTeacherRight + BothWrong;

    /// <summary>Fraction of the rows that both put into the same class; NaN without rows.</summary>
    public double Agreement => (double)Agreed / Count;

    /// <summary>Fraction of the rows that the student is right about; NaN without rows.</summary>
    public double StudentAccuracy => (double)(BothRight + OnlyStudentRight) / Count;

    /// <summary>Fraction of the rows that the teacher is right about; NaN without rows.</summary>
    public double TeacherAccuracy => (double)(BothRight + OnlyTeacherRight) / Count;

    /// <summary>Over all rows.</summary>
    public static TeacherComparison Of(ClassificationReport student, TeacherOnRows teacher) =>
        Of(student, teacher, Enumerable.Range(0, student.Labels.Count));

    /// <summary>Over the rows of each class, in the order of the label indices.</summary>
    public static IReadOnlyList<TeacherComparison> ByClass(ClassificationReport student, TeacherOnRows teacher)
    {
        var rows = Enumerable.Range(0, student.Labels.Count).ToLookup(row => student.Labels[row]);
        return [.. student.ClassNames.Select((_, label) => Of(student, teacher, rows[label]))];
    }

    private static TeacherComparison Of(ClassificationReport student, TeacherOnRows teacher, IEnumerable<int> rows)
    {
        var (counts, agreed) = (new int[4], 0);
        foreach (var row in rows)
        {
            var (label, said, taught) = (student.Labels[row], student.Predicted[row], teacher.Predicted[row]);
            counts[(said == label ? 0 : 2) + (taught == label ? 0 : 1)]++;
            agreed += said == taught ? 1 : 0;
        }

        return new(counts[0], counts[1], counts[2], counts[3], agreed);
    }
}
