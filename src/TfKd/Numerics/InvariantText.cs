using System.Globalization;

namespace TfKd;

/// <summary>Texts for people that are the same in every culture.</summary>
internal static class InvariantText
{
    /// <summary>
    /// Writes a text. The culture of the thread is another meanwhile: a record's own text follows it, its numbers within, and takes no
    /// other from its caller. What is compared is not such a text, but a canonical one.
    /// </summary>
    public static string Of(Func<string> write)
    {
        var culture = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        try
        {
            return write();
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }
}
