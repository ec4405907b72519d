using System.Numerics;

namespace TfKd;

/// <summary>What messages say of the values of a pickle.</summary>
internal static class PickleValue
{
    private const int MaxTextLength = 100;

    /// <summary>The error of a file that is not as expected; whoever knows the file's name puts it before.</summary>
    public static InvalidDataException Invalid(string expected, string found) => new($"expected {expected}, found {found}.");

    /// <summary>A few words on a value.</summary>
    public static string Describe(object? value) => value switch
    {
        null => "None",
        bool truth => truth ? "True" : "False",
        long or BigInteger or double => FormattableString.Invariant($"the number {value}"),
        string text => Quote(text),
        byte[] bytes => $"{bytes.Length} bytes",
        List<object?> list => $"a list of {list.Count}",
        object?[] tuple => $"a tuple of {tuple.Length}",
        PickleDictionary dictionary => $"a dictionary of {dictionary.Items.Count}",
        PickleGlobal global => $"the name {global.Name}",
        PickleForeign foreign => $"an object of {Quote(foreign.Type)}",
        StoredTensor tensor => $"a tensor of shape [{string.Join(',', tensor.Shape)}]",
        TorchStorageView view => $"storage {Quote(view.Whole.Key)}",
        _ => $"a value of {value.GetType().Name}",
    };

    /// <summary>A text, shortened, in quotes.</summary>
    public static string Quote(string text) => text.Length <= MaxTextLength ? $"'{text}'" : $"'{text[..MaxTextLength]}...'";
}

/// <summary>
/// A dictionary of a pickle, as its list of items: with no hashing, keys that collide cost nothing. A later item goes before an earlier one
/// of the same key.
/// </summary>
internal sealed class PickleDictionary
{
    /// <summary>Keys and values in the order of the file.</summary>
    public List<KeyValuePair<object?, object?>> Items { get; } = [];
}

/// <summary>
/// An object of a type that is not known here, such as the settings of the program that saved the file: it is passed over, nothing in it is
/// looked at, and nothing of it is run.
/// </summary>
/// <param name="Type">Module and name of its type, or of the function that would make it.</param>
internal sealed record PickleForeign(string Type);

/// <summary>A name that a pickle may use.</summary>
/// <param name="Name">Module and name.</param>
/// <param name="Call">What stands for it where it is called, a function without effects; null where it is a mere name.</param>
internal sealed record PickleGlobal(string Name, Func<object?[], object?>? Call = null)
{
    /// <summary>A name that is not known here; what it would make is passed over.</summary>
    public static PickleGlobal Foreign(string name) => new(name, _ => new PickleForeign(name));

    /// <exception cref="InvalidDataException">It is a mere name, or takes other arguments.</exception>
    public object? Invoke(object?[] arguments) => Call is null ? throw PickleValue.Invalid("a name to call", Name) : Call(arguments);

    /// <summary>The error of arguments that do not fit.</summary>
    public static InvalidDataException Unfit(string name, object?[] arguments) =>
        PickleValue.Invalid(
            $"arguments of {name}", arguments.Length == 0 ? "none" : string.Join(", ", arguments.Take(10).Select(PickleValue.Describe)));
}
