using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet;

/// <summary>
/// What may be the labels of rows that have several: a text with a separator, a vector of texts or of keys, or a vector with a truth value
/// or a 0 or 1 for each class.
/// </summary>
internal sealed class LabelSetColumn
{
    private readonly string _separator;
    private readonly SeparatorAdvice _advice;
    private readonly string? _set;

    private LabelSetColumn(DataViewSchema.Column column, string separator, SeparatorAdvice advice, string? set) =>
        (Column, _separator, _advice, _set) = (column, separator, advice, set);

    public DataViewSchema.Column Column { get; }

    // The classes by place, where the column says them; null where they are what is found in it.
    private VectorDataViewType? Places =>
        Column.Type is VectorDataViewType { IsKnownSize: true } vector && IsIndicator(vector.ItemType) ? vector : null;

    /// <param name="schema">The schema of the data.</param>
    /// <param name="name">Name of the column.</param>
    /// <param name="separator">What stands between the labels of a text.</param>
    /// <param name="set">What messages call the rows; null: there are no others.</param>
    /// <param name="advice">What to do where the separator looks wrong; null: to set the trainer's options.</param>
    /// <exception cref="ArgumentException">The column is missing, or of another type.</exception>
    public static LabelSetColumn Find(
        DataViewSchema schema, string name, string separator, string? set = null, SeparatorAdvice? advice = null)
    {
        var column = SchemaColumns.Find(schema, "Label", name);
        var isOne = column.Type switch
        {
            TextDataViewType => true,
            VectorDataViewType { ItemType: TextDataViewType } => true,
            VectorDataViewType { ItemType: KeyDataViewType key } => key.RawType == typeof(uint) && ClassKeys.HasValues(column, key),
            VectorDataViewType { IsKnownSize: true } vector => IsIndicator(vector.ItemType),
            _ => false,
        };
        return isOne
            ? new(column, separator, advice ?? SeparatorAdvice.OfOptions, set)
            : throw WrongType(name, ColumnTypes.Describe(column.Type));
    }

    /// <exception cref="ArgumentException">The column is missing, or of another type.</exception>
    public static SchemaShape.Column Find(SchemaShape schema, string name)
    {
        var column = SchemaColumns.Find(schema, "Label", name);
        var isVector = column.Kind != SchemaShape.Column.VectorKind.Scalar;
        var isOne = column.IsKey ? isVector : column.ItemType is TextDataViewType || (isVector && IsIndicator(column.ItemType));
        return isOne ? column : throw WrongType(name, ColumnTypes.Describe(column));
    }

    /// <summary>
    /// The classes: slot names, or places from 0, of truth values and numbers; key values; of texts all that are in the rows, in ordinal
    /// order.
    /// </summary>
    /// <param name="data">The rows.</param>
    /// <param name="warn">Is told of classes that look like several labels in one.</param>
    /// <exception cref="ArgumentException">There are fewer than two, or all are several labels in one.</exception>
    public ClassKeys ReadClasses(IDataView data, Action<string> warn)
    {
        var classes = Column.Type is VectorDataViewType { ItemType: KeyDataViewType key }
            ? ClassKeys.FromValues(Column, key)
            : ClassKeys.FromNames(Places is { } vector ? NamesOf(vector) : TextsIn(data, warn));
        return classes.Names.Count > 1
            ? classes
            : throw new ArgumentException(
                $"Label column '{Column.Name}' has {classes.Names.Count} classes ({string.Join(", ", classes.Names)}); expected at least "
                    + "2.");
    }

    /// <summary>Reads the labels of a cursor's row; null where they are not known.</summary>
    /// <param name="row">The cursor.</param>
    /// <param name="classNames">The classes, in the order of the labels.</param>
    /// <exception cref="InvalidOperationException">
    /// The getter met a label that is no class, or a number that is neither 0 nor 1.
    /// </exception>
    /// <exception cref="ArgumentException">The column has places for other classes.</exception>
    public Func<IReadOnlyCollection<int>?> Open(DataViewRow row, IReadOnlyList<string> classNames)
    {
        var places = Enumerable.Range(0, classNames.Count).ToDictionary(place => classNames[place], StringComparer.Ordinal);
        if (Places is { } vector)
            return OpenIndicators(row, vector, places);
        var read = Column.Type is VectorDataViewType { ItemType: KeyDataViewType key } ? KeysOf(row, key) : TextsOf(row);
        return () => [.. read().Select(name => places.TryGetValue(name, out var place)
            ? place
            : throw new InvalidOperationException(
                $"{NameOf(row)}: the label '{name}' in column '{Column.Name}' is none of the classes "
                    + $"[{string.Join(", ", classNames)}]."))];
    }

    private static bool IsIndicator(DataViewType type) =>
        type is BooleanDataViewType || type == NumberDataViewType.Single || type == NumberDataViewType.Double;

    private static ArgumentException WrongType(string name, string type) => new(
        $"Label column '{name}' is {type}, but Labels says that a row may have several; expected a text with a separator, a vector of "
            + "texts or of keys with values, or a vector of known size of Boolean, Single or Double.");

    private string NameOf(DataViewRow row) => _set is null ? $"Row {row.Position}" : $"Row {row.Position} of the {_set}";

    private string[] NamesOf(VectorDataViewType vector)
    {
        if (!Column.HasSlotNames(vector.Size))
            return [.. Enumerable.Range(0, vector.Size).Select(place => place.ToString(CultureInfo.InvariantCulture))];
        var names = SchemaColumns.SlotNames(Column);
        return names.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(alike => alike.Count() > 1) is { Key: var twice }
            ? throw new ArgumentException(
                $"Label column '{Column.Name}' has several places for '{twice}'; expected slot names that differ, one a class.")
            : names;
    }

    private string[] TextsIn(IDataView data, Action<string> warn)
    {
        var (found, isDivided) = (new SortedSet<string>(StringComparer.Ordinal), false);
        using var cursor = data.GetRowCursor([Column]);
        var read = TextsOf(cursor);
        while (cursor.MoveNext())
        {
            string[] labels = [.. read()];
            isDivided |= labels.Length > 1;
            found.UnionWith(labels);
        }

        if (Column.Type is TextDataViewType && JoinedLabels.WarningOf(Column.Name, found, _separator, isDivided, _advice) is { } warning)
            warn(warning);
        return [.. found];
    }

    private Func<IEnumerable<string>> TextsOf(DataViewRow row)
    {
        if (Column.Type is VectorDataViewType)
        {
            VBuffer<ReadOnlyMemory<char>> texts = default;
            var getTexts = row.GetGetter<VBuffer<ReadOnlyMemory<char>>>(Column);
            return () =>
            {
                getTexts(ref texts);
                return [.. texts.DenseValues().Where(text => !text.IsEmpty).Select(text => text.ToString())];
            };
        }

        ReadOnlyMemory<char> whole = default;
        var getText = row.GetGetter<ReadOnlyMemory<char>>(Column);
        return () =>
        {
            getText(ref whole);
            return whole.ToString().Split(_separator, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        };
    }

    private Func<IEnumerable<string>> KeysOf(DataViewRow row, KeyDataViewType key)
    {
        VBuffer<uint> keys = default;
        var (get, names) = (row.GetGetter<VBuffer<uint>>(Column), ClassKeys.FromValues(Column, key).Names);
        return () =>
        {
            get(ref keys);
            return [.. keys.DenseValues().Where(one => one != 0).Select(one => names[(int)one - 1])];
        };
    }

    private Func<IReadOnlyCollection<int>?> OpenIndicators(DataViewRow row, VectorDataViewType vector, Dictionary<string, int> places)
    {
        var names = NamesOf(vector);
        // Without names the places are all that there is.
        var isNamed = Column.HasSlotNames(vector.Size);
        if (names.Length != places.Count || (isNamed && !names.All(places.ContainsKey)))
            throw new ArgumentException(
                $"Label column '{Column.Name}' has places for [{string.Join(", ", names)}], but the classes are "
                    + $"[{string.Join(", ", places.Keys)}].");
        int[] classes = [.. names.Select((name, place) => isNamed ? places[name] : place)];
        return vector.ItemType switch
        {
            BooleanDataViewType => OpenOf<bool>(row, classes, value => value ? 1 : 0),
            _ when vector.ItemType == NumberDataViewType.Single => OpenOf<float>(row, classes, value => value),
            _ => OpenOf<double>(row, classes, value => value),
        };
    }

    private Func<IReadOnlyCollection<int>?> OpenOf<T>(DataViewRow row, int[] classes, Func<T, double> toNumber)
    {
        VBuffer<T> values = default;
        var get = row.GetGetter<VBuffer<T>>(Column);
        return () =>
        {
            get(ref values);
            double[] numbers = [.. values.DenseValues().Select(toNumber)];
            if (numbers.All(double.IsNaN))
                return null;
            if (Array.FindIndex(numbers, number => number is not (0 or 1)) is >= 0 and var place)
                throw new InvalidOperationException(
                    FormattableString.Invariant($"{NameOf(row)}: label column '{Column.Name}' has {numbers[place]} at place {place}; ")
                        + "expected 0 or 1, or NaN at all places where nothing is known.");
            return [.. Enumerable.Range(0, numbers.Length).Where(one => numbers[one] == 1).Select(one => classes[one])];
        };
    }
}
