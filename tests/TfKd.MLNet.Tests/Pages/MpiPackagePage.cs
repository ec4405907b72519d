using TfKd;
using TfKd.Mpi;

namespace TfKd.MLNet.Tests;

/// <summary>The program of src/TfKd.Mpi/PACKAGE.md.</summary>
internal static class MpiPackagePage
{
    public static void Train(IImageSource training, IImageSource validation)
    {
        using var replicas = MpiReplicas.Join();
        var trainer = new Trainer(new TrainingPlan { Replicas = replicas, BatchSize = 128, MaxEpochs = 30, Seed = 1 });
        using var student = trainer.CreateStudent(new CifarResNet { Depth = 20 }, training.ClassNames);
        var result = trainer.Run(student, training, validation);
        if (replicas.Rank == 0)
            NetworkWeights.Save(student, "student.safetensors");
    }
}
