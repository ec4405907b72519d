namespace TfKd;

/// <summary>The student beside the teacher, on rows that neither was shown: how good each is, and where they differ.</summary>
internal static class ComparisonSection
{
    private const int Top5Classes = 5;
    private const string Points = "+0.0 %;-0.0 %;0.0 %";

    public static Markup Of(ReportContent content, ClassificationReport student, TeacherOnRows teacher)
    {
        var all = TeacherComparison.Of(student, teacher);
        return Markup.Of($"""
            <section id="comparison"><h2>Student and teacher</h2>
            <p>On {all.Count:N0} {content.RowsName} rows they agree on {all.Agreement:P1}. The student is right about
            {all.OnlyStudentRight:N0} rows that the teacher gets wrong, and wrong about {all.OnlyTeacherRight:N0} that the teacher gets
            right.</p>
            {Figures(student, teacher)}
            {Cross(all)}
            {ByClass(student, teacher)}
            </section>
            """);
    }

    private static Markup Figures(ClassificationReport student, TeacherOnRows teacher)
    {
        var top5 = student.ClassNames.Count > Top5Classes ? Row("Top-5", "P1", Points, metrics => metrics.Top5) : Markup.Empty;
        return Page.Scrolling("Figures of student and teacher", Markup.Of($"""
            <table class="numbers">{Page.Head("Figure", "Student", "Teacher", "Student less teacher")}<tbody>
            {Row("Top-1", "P1", Points, metrics => metrics.Top1)}
            {top5}
            {Row("NLL, nats", "F4", "+0.0000;-0.0000;0.0000", metrics => metrics.NegativeLogLikelihood)}
            {Row("ECE", "P1", Points, metrics => metrics.ExpectedCalibrationError)}
            </tbody></table>
            """));

        Markup Row(string name, string format, string difference, Func<ClassificationMetrics, double> value)
        {
            var (own, others) = (value(student.Metrics), value(teacher.Metrics));
            return Markup.Of($"""
                <tr><th scope="row">{name}</th>
                {Page.Number(own, format)}{Page.Number(others, format)}{Page.Number(own - others, difference)}</tr>
                """);
        }
    }

    private static Markup Cross(TeacherComparison all)
    {
        return Page.Scrolling("Rows by who is right", Markup.Of($"""
            <table class="numbers">{Page.Head("Rows", "Teacher right", "Teacher wrong")}<tbody>
            <tr><th scope="row">Student right</th>{Cell(all.BothRight)}{Cell(all.OnlyStudentRight)}</tr>
            <tr><th scope="row">Student wrong</th>{Cell(all.OnlyTeacherRight)}{Cell(all.BothWrong)}</tr></tbody></table>
            """));

        Markup Cell(int count) => Markup.Of($"""<td>{count:N0} <span class="soft">{(double)count / all.Count:P1}</span></td>""");
    }

    private static Markup ByClass(ClassificationReport student, TeacherOnRows teacher)
    {
        var lines = TeacherComparison.ByClass(student, teacher)
            .Zip(student.ClassNames, (figures, name) => (figures, name))
            .OrderBy(one => one.figures.OnlyStudentRight - one.figures.OnlyTeacherRight)
            .Select(one => Markup.Of($"""
                <tr><th scope="row">{one.name}</th><td>{one.figures.Count:N0}</td><td>{one.figures.StudentAccuracy:P1}</td>
                <td>{one.figures.TeacherAccuracy:P1}</td><td>{one.figures.OnlyStudentRight:N0}</td>
                <td>{one.figures.OnlyTeacherRight:N0}</td></tr>

                """));
        return Markup.Of($"""
            <details><summary>Class by class, those first that the student has most to learn about</summary>
            {Page.Scrolling("Student and teacher class by class", Markup.Of($"""
                <table class="numbers">{Page.Head(
                    "Class", "Rows", "Student", "Teacher", "Only the student right", "Only the teacher right")}<tbody>
                {lines}</tbody></table>
                """))}
            </details>
            """);
    }
}
