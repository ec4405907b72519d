using BenchmarkDotNet.Running;

// dotnet run -c Release --project tests/TfKd.Benchmarks -- --filter '*'
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
