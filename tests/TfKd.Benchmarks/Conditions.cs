using System.Diagnostics;
using System.Reflection;

namespace TfKd.Benchmarks;

/// <summary>What figures were measured on, and of which code.</summary>
internal static class Conditions
{
    /// <summary>One sentence: processor, cores, threads, versions.</summary>
    /// <param name="others">Types of other libraries whose versions matter.</param>
    public static string Describe(params ReadOnlySpan<Type> others)
    {
        var versions = "";
        foreach (var type in others)
        {
            var assembly = type.Assembly;
            versions += $"; {assembly.GetName().Name} {FileVersionInfo.GetVersionInfo(assembly.Location).FileVersion}";
        }

        return $"{MachineIdentity.Describe()}; {Environment.ProcessorCount} cores; .NET {Environment.Version}{versions}; TfKd {Version()}.";
    }

    // With the commit behind a plus sign.
    private static string? Version() =>
        typeof(TrainingPlan).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
}
