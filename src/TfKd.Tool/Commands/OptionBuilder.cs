using System.CommandLine;
using System.Globalization;
using System.Numerics;

namespace TfKd.Tool;

/// <summary>Options that say what they take and refuse the rest in words.</summary>
internal static class OptionBuilder
{
    /// <summary>A file or folder, as it was named.</summary>
    public static Option<string> Path(string name, string helpName, string description, bool required = false) =>
        NotEmpty(new Option<string>(name) { HelpName = helpName, Description = description, Required = required });

    /// <summary>One of several names.</summary>
    public static Option<string> Choice(string name, string[] values, string? byDefault, string description)
    {
        var option = new Option<string>(name) { HelpName = string.Join('|', values), Description = description };
        if (byDefault is not null)
            option.DefaultValueFactory = _ => byDefault;
        option.CompletionSources.Add(values);
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var value }] && !values.Contains(value))
                result.AddError($"{name} must be one of {string.Join(", ", values)}, but is '{value}'.");
        });
        return option;
    }

    /// <summary>A whole number, 1 or above.</summary>
    public static Option<int?> Count(string name, string description) =>
        Within(new Option<int?>(name) { HelpName = "N", Description = description }, 1, int.MaxValue, "a whole number of 1 or above");

    /// <summary>A number between 0 and 1, without either.</summary>
    public static Option<double?> Fraction(string name, string description) => Within(
        new Option<double?>(name) { HelpName = "FRACTION", Description = description },
        double.Epsilon, Math.BitDecrement(1.0), "a number above 0 and below 1");

    /// <summary>An option whose text must be a number within limits.</summary>
    public static Option<T?> Within<T>(Option<T?> option, T low, T high, string expected)
        where T : struct, INumber<T>
    {
        // Numbers are read as they are written in code, whatever the machine's language.
        option.CustomParser = result =>
        {
            var text = result.Tokens[^1].Value;
            if (T.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= low && value <= high)
                return value;
            result.AddError($"{option.Name} must be {expected}, but is '{text}'.");
            return null;
        };
        return option;
    }

    private static Option<string> NotEmpty(Option<string> option)
    {
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var value }] && value.Length == 0)
                result.AddError($"{option.Name} is empty; expected a name.");
        });
        return option;
    }
}
