using System.CommandLine;
using QuickStart;

var data = new Option<DirectoryInfo?>("--data")
{
    Description =
        "Folder of your own photos, one sub-folder a class: compares a small network with pretrained weights. Without it, photos of traffic "
        + "signs are drawn.",
};
var work = new Option<DirectoryInfo>("--work")
{
    Description = "Folder for what the program writes.",
    DefaultValueFactory = _ => new DirectoryInfo(Path.Combine(Path.GetTempPath(), "tfkd-quickstart")),
};
var epochs = new Option<int>("--epochs") { Description = "Passes over the training photos.", DefaultValueFactory = _ => 20 };
var seed = new Option<int>("--seed") { Description = "Seed of all that is random.", DefaultValueFactory = _ => 1 };

var model = new Argument<FileInfo>("model") { Description = "A saved model." };
var photos = new Argument<DirectoryInfo>("folder") { Description = "Folder of photos, one sub-folder a class." };
var expected = new Option<FileInfo?>("--expected")
{
    Description = "Predictions that another process made with the model: only its photos are predicted, and must come out the same.",
};

var predict = new Command("predict", "Loads a model and predicts photos.") { model, photos, expected };
predict.Hidden = true;
predict.SetAction((arguments, token) => Task.Run(() => ExitCode.Of(() =>
    SecondProcess.Predict(
        arguments.GetRequiredValue(model).FullName,
        arguments.GetRequiredValue(photos).FullName,
        arguments.GetValue(expected)?.FullName)), token));

var root = new RootCommand(
    "Trains two classifiers of photos, compares them, saves the better way's, and predicts in a second process.")
{
    data, work, epochs, seed, predict,
};
root.SetAction((arguments, token) => Task.Run(() => ExitCode.Of(() =>
    Comparison.Run(
        arguments.GetValue(data)?.FullName,
        arguments.GetRequiredValue(work).FullName,
        arguments.GetRequiredValue(epochs),
        arguments.GetRequiredValue(seed),
        token)), token));

return await root.Parse(args).InvokeAsync();
