using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet;

/// <summary>The column of a <see cref="ScoreColumnTeacher"/> in the rows at hand.</summary>
internal sealed class TeacherScoreColumn
{
    private readonly ScoreColumnTeacher _teacher;

    private TeacherScoreColumn(ScoreColumnTeacher teacher, DataViewSchema.Column column, IReadOnlyList<string> classNames) =>
        (_teacher, Column, ClassNames) = (teacher, column, classNames);

    public DataViewSchema.Column Column { get; }

    /// <summary>The classes, in the order of the scores.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>The score column that a teacher, or a member of it, learns from; null where there is none.</summary>
    /// <exception cref="ArgumentException">There is more than one.</exception>
    public static ScoreColumnTeacher? Of(TeacherSource? teacher)
    {
        var found = (teacher?.SelfAndParts() ?? []).OfType<ScoreColumnTeacher>().Distinct().ToList();
        return found.Count <= 1
            ? found.FirstOrDefault()
            : throw new ArgumentException($"A teacher may have one {nameof(ScoreColumnTeacher)}, but has {string.Join(" and ", found)}.");
    }

    /// <exception cref="ArgumentException">
    /// The column is missing, no vector of floats of known size, or says nothing of its classes.
    /// </exception>
    public static TeacherScoreColumn Find(DataViewSchema schema, ScoreColumnTeacher teacher)
    {
        var name = teacher.Column;
        var column = SchemaColumns.Find(schema, "Teacher score", name);
        if (column.Type is not VectorDataViewType { IsKnownSize: true } vector || vector.ItemType != NumberDataViewType.Single)
            throw NoScores(name, ColumnTypes.Describe(column.Type));
        var classNames = column.HasSlotNames(vector.Size) ? SchemaColumns.SlotNames(column) : teacher.ClassNames
            ?? throw new ArgumentException(
                $"Teacher score column '{name}' has no slot names that say which classes its {vector.Size} scores are of. Set "
                + $"ClassNames of {nameof(ScoreColumnTeacher)}, in their order.");
        return classNames.Count == vector.Size
            ? new TeacherScoreColumn(teacher, column, classNames)
            : throw new ArgumentException(
                $"Teacher score column '{name}' has {vector.Size} scores, but ClassNames of {nameof(ScoreColumnTeacher)} has "
                + $"{classNames.Count} names.");
    }

    /// <exception cref="ArgumentException">The column is missing, or no vector of floats of known size.</exception>
    public static void Check(SchemaShape schema, ScoreColumnTeacher teacher)
    {
        var column = SchemaColumns.Find(schema, "Teacher score", teacher.Column);
        if (column.Kind != SchemaShape.Column.VectorKind.Vector || column.IsKey || column.ItemType != NumberDataViewType.Single)
            throw NoScores(teacher.Column, ColumnTypes.Describe(column));
    }

    /// <summary>Reads the scores of the rows that a cursor goes through.</summary>
    public Reader Open(DataViewRow row) => new(this, row);

    private static ArgumentException NoScores(string name, string type) =>
        new($"Teacher score column '{name}' is {type}; expected a known-size float vector, one number a class.");

    /// <summary>For one thread, as the cursor itself.</summary>
    internal sealed class Reader(TeacherScoreColumn scores, DataViewRow row)
    {
        private readonly ValueGetter<VBuffer<float>> _getter = row.GetGetter<VBuffer<float>>(scores.Column);
        private VBuffer<float> _values;

        public int Count => scores.ClassNames.Count;

        /// <exception cref="InvalidDataException">The row's scores are not what the teacher says they are.</exception>
        public void Read(Span<float> values)
        {
            _getter(ref _values);
            _values.CopyTo(values);
            if (TeacherAnswers.ObjectionTo(values, scores._teacher.Output) is { } objection)
                throw new InvalidDataException($"Row {row.Position}: teacher score column '{scores.Column.Name}' has {objection}.");
        }
    }
}
