using System.Globalization;
using System.Numerics;
using System.Text;

namespace TfKd;

/// <summary>The canonical texts of values without members: the same in every culture, and of no two values the same.</summary>
internal static class ScalarText
{
    private static readonly CultureInfo _invariant = CultureInfo.InvariantCulture;

    /// <summary>The text of a value; null where it is none without members.</summary>
    public static string? TryOf(object? value) => value switch
    {
        null => "null",
        string text => Quote(text),
        char character => $"'{Quote(character.ToString())}'",
        bool isTrue => isTrue ? "true" : "false",
        Enum name => $"{TypeText.Of(name.GetType())}.{NameOf(name)}",
        int number => number.ToString(_invariant),
        double number => Fractional(number),
        Type type => $"typeof {TypeText.Of(type)}",
        // Another type, another text: a member may be declared as an object.
        float or Half or decimal => Typed(value, ((IFormattable)value).ToString(value is decimal ? null : "R", _invariant)),
        byte or sbyte or short or ushort or uint or long or ulong or Int128 or UInt128 or BigInteger =>
            Typed(value, ((IFormattable)value).ToString("D", _invariant)),
        DateTime or DateTimeOffset or DateOnly or TimeOnly => Typed(value, ((IFormattable)value).ToString("O", _invariant)),
        TimeSpan or Guid or Version or Index or Range => Typed(value, value.ToString()!),
        Uri => Typed(value, Quote(((Uri)value).OriginalString)),
        _ => null,
    };

    /// <summary>A text between quotes, on one line.</summary>
    public static string Quote(string text)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        for (var i = 0; i < text.Length; i++)
        {
            var isPair = char.IsSurrogatePair(text, i) || (i > 0 && char.IsSurrogatePair(text, i - 1));
            if (text[i] is '"' or '\\')
                quoted.Append('\\').Append(text[i]);
            else if (char.IsControl(text[i]) || text[i] is '\u2028' or '\u2029' || (char.IsSurrogate(text[i]) && !isPair))
                Escape(quoted, text[i]);
            else
                quoted.Append(text[i]);
        }

        return quoted.Append('"').ToString();
    }

    /// <summary>A text of a value as it stands in a path, where a colon would end it.</summary>
    public static string InPath(string text) => text.Replace(":", "\\u003A", StringComparison.Ordinal);

    // The number of a value without a name follows the culture.
    private static string NameOf(Enum value)
    {
        var name = value.ToString("G");
        return name == value.ToString("D")
            ? Convert.ToDecimal(value, _invariant).ToString(_invariant)
            : name.Replace(", ", "|", StringComparison.Ordinal);
    }

    private static string Typed(object value, string text) => $"{value.GetType().Name} {text}";

    private static string Fractional(double number)
    {
        var text = number.ToString("R", _invariant);
        return double.IsFinite(number) && !text.Contains('.', StringComparison.Ordinal) && !text.Contains('E', StringComparison.Ordinal)
            ? text + ".0"
            : text;
    }

    private static void Escape(StringBuilder text, char character) =>
        text.Append("\\u").Append(((int)character).ToString("X4", _invariant));
}
