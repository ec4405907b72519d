using System.Runtime.InteropServices;
using TorchSharp;

namespace TfKd;

/// <summary>What was asked for, and what it ran on.</summary>
internal static class PlanSection
{
    public static Markup Of(ReportContent content) => Markup.Of($"""
        <section id="plan"><h2>Plan and versions</h2>
        <pre>{content.Plan.Describe()}</pre>
        <table class="facts"><tbody>
        {Row("TfKd", VersionOf(typeof(Trainer)))}
        {Row("TorchSharp", VersionOf(typeof(torch)))}
        {Row(".NET", RuntimeInformation.FrameworkDescription)}
        {Row("System", $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}")}
        {(content.Path is null ? Markup.Empty : Row("Convolutions", $"{content.Path}"))}
        </tbody></table>
        </section>
        """);

    private static Markup Row(string name, string value) => Markup.Of($"""<tr><th scope="row">{name}</th><td>{value}</td></tr>""");

    private static string VersionOf(Type type) => type.Assembly.GetName().Version?.ToString(3) ?? "unknown";
}
