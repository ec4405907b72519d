using System.Globalization;
using BenchmarkDotNet.Running;
using TfKd.Benchmarks;

// dotnet run -c Release --project tests/TfKd.Benchmarks -- --filter '*'
// dotnet run -c Release --project tests/TfKd.Benchmarks -- bigdata 200000 256
// dotnet run -c Release --project tests/TfKd.Benchmarks -- calibration PHOTOS 10 [PART OF A NAME ...]
// dotnet run -c Release --project tests/TfKd.Benchmarks -- device cuda
// dotnet run -c Release --project tests/TfKd.Benchmarks -- distillation 9
// dotnet run -c Release --project tests/TfKd.Benchmarks -- embeddings PHOTOS [FOLDER FOR HEAT MAPS]
// dotnet run -c Release --project tests/TfKd.Benchmarks -- exports PHOTOS 60
// dotnet run -c Release --project tests/TfKd.Benchmarks -- first 9
// dotnet run -c Release --project tests/TfKd.Benchmarks -- fixtures FOLDER
// dotnet run -c Release --project tests/TfKd.Benchmarks -- flowers PHOTOS WEIGHTS [PART OF A NAME ...]
// dotnet run -c Release --project tests/TfKd.Benchmarks -- fuzz READER|all 10000
// dotnet run -c Release --project tests/TfKd.Benchmarks -- images
// dotnet run -c Release --project tests/TfKd.Benchmarks -- kernels
// dotnet run -c Release --project tests/TfKd.Benchmarks -- memory 50
// dotnet run -c Release --project tests/TfKd.Benchmarks -- parity
// dotnet run -c Release --project tests/TfKd.Benchmarks -- photos FOLDER [--seeds 3] [--labels 4] [--precision BFloat16] [--only NAME ...]
// dotnet run -c Release --project tests/TfKd.Benchmarks -- quantization
// dotnet run -c Release --project tests/TfKd.Benchmarks -- quantization training 3 [ResNet-20|ResNet-56|MobileNetV3]
// dotnet run -c Release --project tests/TfKd.Benchmarks -- replicas 5 [ResNet-20|ResNet-18]
// dotnet run -c Release --project tests/TfKd.Benchmarks -- scoring PHOTOS 5
// dotnet run -c Release --project tests/TfKd.Benchmarks -- serving 60 200
// dotnet run -c Release --project tests/TfKd.Benchmarks -- survive 50
// dotnet run -c Release --project tests/TfKd.Benchmarks -- training 5 [PYTHON|none [real|small [BFloat16]]]
// dotnet run -c Release --project tests/TfKd.Benchmarks -- weights [FILE]
// dotnet run -c Release --project tests/TfKd.Benchmarks -- worker kills 20
// dotnet run -c Release --project tests/TfKd.Benchmarks -- worker memory 10000 200000
// dotnet run -c Release --project tests/TfKd.Benchmarks -- worker speed PHOTOS 5
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
Action run = args switch
{
    ["bigdata", var rows, var mebibytes] => () => LargeDataComparison.Run(int.Parse(rows), int.Parse(mebibytes)),
    [LargeDataComparison.OneRun, var rows, var budget] => () => LargeDataComparison.RunOne(int.Parse(rows), long.Parse(budget)),
    ["calibration", var photos, var seeds, .. var parts] => () => CalibrationComparison.Run(photos, int.Parse(seeds), parts),
    ["device", var device] => () => Environment.ExitCode = DeviceComparison.Run(device),
    ["distillation", var rounds] => () => DistillationComparison.Run(int.Parse(rounds)),
    ["embeddings", var photos, .. { Length: < 2 } heatMaps] => () => EmbeddingComparison.Run(photos, heatMaps.FirstOrDefault()),
    ["exports", var photos, var seconds] => () => ExportComparison.Run(photos, int.Parse(seconds)),
    ["first", var rounds] => () => FirstAnswerComparison.Run(int.Parse(rounds)),
    ["fixtures", var folder] => () => FixtureFiles.Write(folder),
    ["flowers", var photos, var weights, .. var parts] => () => FlowersComparison.Run(photos, weights, parts),
    ["fuzz", var reader, var files] => () => Environment.ExitCode = FuzzComparison.Run(reader, int.Parse(files)),
    ["images"] => UnusualImages.Run,
    ["kernels"] => KernelSurvey.Run,
    ["memory", var epochs] => () => MemoryOverEpochs.Run(int.Parse(epochs)),
    ["parity"] => ExportParity.Run,
    ["photos", .. var rest] => () => Environment.ExitCode = PhotoSettings.Command().Parse(rest).Invoke(),
    ["quantization"] => QuantizationComparison.Run,
    ["quantization", "training", var seeds, .. { Length: < 2 } name] =>
        () => QuantizationTraining.Run(int.Parse(seeds), name.FirstOrDefault()),
    ["replicas", var rounds, .. var networks] => () => ReplicasComparison.Run(int.Parse(rounds), networks),
    ["scoring", var photos, var rounds] => () => ScoringComparison.Run(photos, int.Parse(rounds)),
    ["serving", var seconds, var clients] =>
        () => Environment.ExitCode = ServingComparison.Run(int.Parse(seconds), int.Parse(clients)),
    ["survive", var kills] => () => Environment.ExitCode = SurvivalComparison.Run(int.Parse(kills)),
    ["training", var rounds, .. var rest] => () => TrainingComparison.Run(int.Parse(rounds), rest),
    ["weights", .. { Length: < 2 } file] => () => Environment.ExitCode = WeightsComparison.Run(file.FirstOrDefault()),
    ["worker", "kills", var kills] => () => Environment.ExitCode = WorkerComparison.Kills(int.Parse(kills)),
    ["worker", "memory", .. var counts] => () => WorkerComparison.Memory([.. counts.Select(int.Parse)]),
    ["worker", "speed", var photos, var rounds] => () => WorkerComparison.Speed(photos, int.Parse(rounds)),
    _ => () => BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args),
};
run();
