using System.CommandLine;
using QuickStart;

var work = new Option<DirectoryInfo>("--work")
{
    Description = "Folder for the drawn photos.",
    DefaultValueFactory = _ => new DirectoryInfo(Path.Combine(Path.GetTempPath(), "tfkd-quickstart")),
};
var seed = new Option<int>("--seed") { Description = "Seed of all that is random.", DefaultValueFactory = _ => 1 };

var root = new RootCommand("Draws a labelled folder of traffic sign photos.") { work, seed };
root.SetAction((arguments, token) =>
{
    var folder = ProgressDisplay.Run("Drawing traffic signs", TrafficSigns.Count, report =>
        TrafficSigns.EnsureFolder(arguments.GetRequiredValue(work).FullName, arguments.GetRequiredValue(seed), drawn => report(drawn, null), token));
    Console.WriteLine($"{TrafficSigns.Count} photos in {folder}");
    return Task.CompletedTask;
});
return await root.Parse(args).InvokeAsync();
