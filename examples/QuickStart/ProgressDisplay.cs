using System.Diagnostics;
using Spectre.Console;

namespace QuickStart;

/// <summary>Shows how far a long piece of work is: a bar on a terminal, plain lines where the output goes to a file or a pipe.</summary>
internal static class ProgressDisplay
{
    /// <summary>Does the work and shows it.</summary>
    /// <param name="total">What <paramref name="work"/> will report when it is done.</param>
    /// <param name="work">Reports how much of the total is done, and a remark or null; from any thread.</param>
    public static T Run<T>(string title, int total, Func<Action<int, string?>, T> work)
    {
        var clock = Stopwatch.StartNew();
        var result = AnsiConsole.Profile.Capabilities.Interactive && !Console.IsOutputRedirected
            ? RunWithBar(title, total, work)
            : RunWithLines(title, work);
        Console.WriteLine($"{title}: {clock.Elapsed.TotalSeconds:F1} s");
        return result;
    }

    private static T RunWithBar<T>(string title, int total, Func<Action<int, string?>, T> work) =>
        AnsiConsole.Progress().AutoClear(true).Start(context =>
        {
            var task = context.AddTask(Markup.Escape(title), maxValue: total);
            return work((done, remark) =>
            {
                task.Value = done;
                if (remark is not null)
                    task.Description = Markup.Escape($"{title} {remark}");
            });
        });

    private static T RunWithLines<T>(string title, Func<Action<int, string?>, T> work) =>
        work((_, remark) =>
        {
            if (remark is not null)
                Console.WriteLine($"{title} {remark}");
        });
}
