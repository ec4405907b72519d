using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet;

/// <summary>The classes as the label column knows them: the key values with their type, in the order of the label indices.</summary>
internal abstract class ClassKeys
{
    private static readonly JsonSerializerOptions Json = new()
    {
        TypeInfoResolver = ReflectionJson.Resolver,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new TextConverter() },
    };

    private static readonly PrimitiveDataViewType[] ItemTypes =
    [
        TextDataViewType.Instance, BooleanDataViewType.Instance, DateTimeDataViewType.Instance, DateTimeOffsetDataViewType.Instance,
        TimeSpanDataViewType.Instance, NumberDataViewType.SByte, NumberDataViewType.Byte, NumberDataViewType.Int16,
        NumberDataViewType.UInt16, NumberDataViewType.Int32, NumberDataViewType.UInt32, NumberDataViewType.Int64, NumberDataViewType.UInt64,
        NumberDataViewType.Single, NumberDataViewType.Double,
    ];

    private ClassKeys(IReadOnlyList<string> names) => Names = names;

    /// <summary>One text a class: the key value, or where the label has none, its index from 0.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Whether the key values are text.</summary>
    public bool AreText => this is Typed<ReadOnlyMemory<char>>;

    /// <summary>Whether the label has key values.</summary>
    public bool AreNamed => this is not Unnamed;

    /// <summary>Adds the names as text under the given kind of annotation; nothing where the label had no key values.</summary>
    public abstract void AddNames(DataViewSchema.Annotations.Builder annotations, string kind);

    /// <summary>Adds the key values in their own type under the given kind of annotation; nothing where the label had none.</summary>
    public abstract void AddValues(DataViewSchema.Annotations.Builder annotations, string kind);

    /// <summary>
    /// Adds the key values of predictions: those of the classes, and behind them another label, for classes that are text.
    /// </summary>
    public virtual void AddPredictions(DataViewSchema.Annotations.Builder annotations, string? otherLabel) =>
        AddValues(annotations, AnnotationUtils.Kinds.KeyValues);

    /// <summary>The classes as the card of a model holds them.</summary>
    public abstract ClassList ToCard();

    /// <summary>Classes that are texts.</summary>
    public static ClassKeys FromNames(IEnumerable<string> names) =>
        new Typed<ReadOnlyMemory<char>>(TextDataViewType.Instance, [.. names.Select(name => name.AsMemory())]);

    /// <summary>Whether a column of keys, or of vectors of them, says the value of each.</summary>
    public static bool HasValues(DataViewSchema.Column column, KeyDataViewType key) =>
        column.Annotations.Schema.GetColumnOrNull(AnnotationUtils.Kinds.KeyValues)?.Type is VectorDataViewType values
            && values.Size == (int)key.Count;

    /// <summary>The classes of a label column that <see cref="LabelColumn"/> has accepted.</summary>
    public static ClassKeys FromLabel(DataViewSchema.Column label) => FromValues(label, (KeyDataViewType)label.Type);

    /// <summary>The classes of a column of keys, or of vectors of them.</summary>
    public static ClassKeys FromValues(DataViewSchema.Column label, KeyDataViewType key)
    {
        var count = (int)key.Count;
        var type = label.Annotations.Schema.GetColumnOrNull(AnnotationUtils.Kinds.KeyValues)?.Type;
        return type is VectorDataViewType values && values.Size == count
            ? Make(values.ItemType, nameof(FromAnnotation), label)
            : new Unnamed(count);
    }

    /// <exception cref="InvalidDataException">The type is unknown, or a value is not of it.</exception>
    public static ClassKeys FromCard(ClassList classes)
    {
        if (classes.Type is null)
            return new Unnamed(classes.Values.GetArrayLength());
        var type = Array.Find(ItemTypes, type => NameOf(type) == classes.Type)
            ?? throw new InvalidDataException(
                $"The classes are of type {classes.Type}; expected one of {string.Join(", ", ItemTypes.Select(NameOf))}.");
        try
        {
            return Make(type, nameof(FromJson), classes.Values);
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"The classes are not all of type {classes.Type}: {exception.Message}", exception);
        }
    }

    private static ClassKeys Make(DataViewType itemType, string method, object argument) =>
        (ClassKeys)typeof(ClassKeys).GetMethod(method, BindingFlags.NonPublic | BindingFlags.Static)!
            .MakeGenericMethod(itemType.RawType)
            .Invoke(null, BindingFlags.DoNotWrapExceptions, null, [itemType, argument], null)!;

    private static Typed<T> FromAnnotation<T>(PrimitiveDataViewType itemType, DataViewSchema.Column label)
    {
        VBuffer<T> values = default;
        label.Annotations.GetValue(AnnotationUtils.Kinds.KeyValues, ref values);
        return new Typed<T>(itemType, [.. values.DenseValues()]);
    }

    private static Typed<T> FromJson<T>(PrimitiveDataViewType itemType, JsonElement values) =>
        new(itemType, values.Deserialize<T[]>(Json)!);

    private static string NameOf(DataViewType itemType) => itemType is TextDataViewType ? "Text" : itemType.RawType.Name;

    private sealed class Typed<T>(PrimitiveDataViewType itemType, T[] values) : ClassKeys([.. values.Select(NameOf)])
    {
        public override void AddNames(DataViewSchema.Annotations.Builder annotations, string kind) =>
            Add(annotations, kind, TextDataViewType.Instance, Array.ConvertAll([.. Names], name => name.AsMemory()));

        public override void AddValues(DataViewSchema.Annotations.Builder annotations, string kind) =>
            Add(annotations, kind, itemType, values);

        public override void AddPredictions(DataViewSchema.Annotations.Builder annotations, string? otherLabel)
        {
            T[] all = otherLabel is { } label ? [.. values, (T)(object)label.AsMemory()] : values;
            Add(annotations, AnnotationUtils.Kinds.KeyValues, itemType, all);
        }

        public override ClassList ToCard() => new(ClassKeys.NameOf(itemType), JsonSerializer.SerializeToElement(values, Json));

        private static void Add<TItem>(
            DataViewSchema.Annotations.Builder annotations, string kind, PrimitiveDataViewType type, TItem[] items) =>
            annotations.Add(kind, new VectorDataViewType(type, items.Length), (ref VBuffer<TItem> target) =>
            {
                var editor = VBufferEditor.Create(ref target, items.Length);
                items.CopyTo(editor.Values);
                target = editor.Commit();
            });

        private static string NameOf(T value) => value switch
        {
            DateTime or DateTimeOffset => ((IFormattable)value).ToString("O", CultureInfo.InvariantCulture),
            IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
            _ => value!.ToString()!,
        };
    }

    private sealed class Unnamed(int count)
        : ClassKeys([.. Enumerable.Range(0, count).Select(index => index.ToString(CultureInfo.InvariantCulture))])
    {
        public override void AddNames(DataViewSchema.Annotations.Builder annotations, string kind)
        {
        }

        public override void AddValues(DataViewSchema.Annotations.Builder annotations, string kind)
        {
        }

        public override ClassList ToCard() => new(null, JsonSerializer.SerializeToElement(Names, Json));
    }

    /// <summary>ML.NET's text, which the serialiser would take for a list of characters.</summary>
    private sealed class TextConverter : JsonConverter<ReadOnlyMemory<char>>
    {
        public override ReadOnlyMemory<char> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String ? reader.GetString().AsMemory() : throw new JsonException();

        public override void Write(Utf8JsonWriter writer, ReadOnlyMemory<char> value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.Span);
    }
}
