using BenchmarkDotNet.Running;
using TfKd.Benchmarks;

// dotnet run -c Release --project tests/TfKd.Benchmarks -- --filter '*'
// dotnet run -c Release --project tests/TfKd.Benchmarks -- distillation 9
// dotnet run -c Release --project tests/TfKd.Benchmarks -- scoring PHOTOS 5
// dotnet run -c Release --project tests/TfKd.Benchmarks -- exports PHOTOS 60
// dotnet run -c Release --project tests/TfKd.Benchmarks -- parity
// dotnet run -c Release --project tests/TfKd.Benchmarks -- training 5 [PYTHON]
// dotnet run -c Release --project tests/TfKd.Benchmarks -- flowers PHOTOS WEIGHTS [PART OF A NAME ...]
if (args is ["distillation", var rounds])
    DistillationComparison.Run(int.Parse(rounds, System.Globalization.CultureInfo.InvariantCulture));
else if (args is ["flowers", var photos, var weights, .. var parts])
    FlowersComparison.Run(photos, weights, parts);
else if (args is ["scoring", var images, var times])
    ScoringComparison.Run(images, int.Parse(times, System.Globalization.CultureInfo.InvariantCulture));
else if (args is ["exports", var folder, var seconds])
    ExportComparison.Run(folder, int.Parse(seconds, System.Globalization.CultureInfo.InvariantCulture));
else if (args is ["training", var count, .. var python])
    TrainingComparison.Run(int.Parse(count, System.Globalization.CultureInfo.InvariantCulture), python.FirstOrDefault());
else if (args is ["parity"])
    ExportParity.Run();
else
    BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
